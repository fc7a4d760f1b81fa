"""Who is first: ranks and chances on numbers whose answer is known, and what the figure shows of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner, Result
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import plans
import sim
from sim.analysis.compare.ranking import answer
from sim.analysis.compare.shares import wilson
from sim.cli import sim as program
from sim.plots import themes
from synthetic import futures, neighbours, result

#: Of three partners in four trials: north leads in two, ties with south in one, and east leads in one.
PARTNERS = np.array([[0.9, 0.8, 0.5, 0.1], [0.5, 0.4, 0.5, 0.2], [0.1, 0.2, 0.0, 0.3]])


@pytest.fixture(scope="module")
def known() -> xr.Dataset:
    """Two years and two scenarios, the second of which has a larger concentration in three of four trials."""
    alignment = np.broadcast_to(PARTNERS, (2, 8, 3, 4))
    hhi = np.broadcast_to(np.array([[0.5] * 4, [0.6, 0.7, 0.8, 0.4]])[:, None], (2, 8, 4))
    return result({"alignment": alignment, "hhi": hhi}, ("baseline", "other"))


def test_ranks_and_chances_are_those_counted_by_hand(known: xr.Dataset) -> None:
    found = sim.ranking(known, "alignment").sel(scenario="other", year=2025)
    assert found["rank"].values.tolist() == [
        (1 + 1 + 1.5 + 3) / 4,
        (2 + 2 + 1.5 + 2) / 4,
        (3 + 3 + 3 + 1) / 4,
    ]
    assert found["p_first"].values.tolist() == [2.5 / 4, 0.5 / 4, 1 / 4]
    expected = [[2.5, 0.5, 1.0], [0.5, 3.5, 0.0], [1.0, 0.0, 3.0]]
    assert np.allclose(found["p_place"], np.array(expected) / 4)
    deviation = np.array([1, 1, 1.5, 3]).std(ddof=1)
    assert float(found["rank_high"][0]) == pytest.approx(6.5 / 4 + 1.959964 * deviation / 2, rel=1e-6)
    assert [float(found[f"p_first_{side}"][0]) for side in ("low", "high")] == list(wilson(2.5 / 4, 4))
    assert [float(found[f"rank_{each}"][0]) for each in ("q05", "q95")] == [1.0, 3.0]


def test_chances_of_places_add_up(known: xr.Dataset) -> None:
    found = sim.ranking(futures(n_steps=12, n_trials=30))
    for dim in ("supplier", "place"):
        assert np.allclose(found["p_place"].sum(dim), 1.0)
    assert np.allclose(found["rank"], (found["p_place"] * found["place"]).sum("place"))
    assert found["year"].values.tolist() == [2024, 2025, 2026] and found.sizes["supplier"] == 12
    reverse = sim.ranking(known, "alignment", smallest_first=True)
    assert np.allclose(reverse["rank"], 4.0 - sim.ranking(known, "alignment")["rank"])


def test_where_no_axis_is_left_scenarios_are_ranked_trial_by_trial(known: xr.Dataset) -> None:
    found = sim.ranking(known, "hhi", years=[2025])
    assert found["rank"].dims == ("scenario", "year")
    assert found["p_first"].values.tolist() == [[0.25], [0.75]]
    assert answer(found) == (
        "At the end of 2025, supplier concentration (HHI), five-year rolling: largest in “Other” in 75 of "
        "100 trials (30 to 95), then in “Baseline” in 25."
    )
    chosen = sim.ranking(known, "alignment", {"partner": "east"})
    assert chosen["p_first"].values.tolist() == [[0.5, 0.5], [0.5, 0.5]]


def test_the_supplier_that_stands_for_all_others_has_no_rank() -> None:
    runs = futures(n_steps=4, n_trials=5)
    about = json.loads(runs.attrs["manifest"]) | {"residual_supplier": "south"}
    found = sim.ranking(runs.assign_attrs(manifest=json.dumps(about)))
    assert "south" not in found["supplier"] and found.sizes["place"] == 11
    assert answer(found).startswith(
        "At the end of 2024, share of arms deliveries, five-year rolling: largest for North"
    )


def test_trials_that_share_parameters_count_once() -> None:
    sampling, base = sim.Sampling(replicates=4), plans.scenario("archipelago", n_steps=4)
    runs = sim.run(base, trials=16, sampling=sampling, keep=["supplier_share"], workers=1)
    made = json.loads(runs.attrs["manifest"])
    alone = runs.assign_attrs(manifest=json.dumps({**made, "sampling": None}))
    wide, narrow = (
        float((each["p_first_high"] - each["p_first_low"]).max()) for each in map(sim.ranking, (runs, alone))
    )
    assert wide > narrow


def test_what_cannot_be_ranked_is_refused(known: xr.Dataset) -> None:
    for arguments, said in (
        ((known, "hii"), "Did you mean"),
        ((known.isel(scenario=[0]), "hhi"), "one scenario alone has no rank"),
        ((known, "alignment", {"partner": "norht"}), "Did you mean north"),
        ((futures(n_steps=3, n_trials=3),), "no last quarter of a year"),
    ):
        with pytest.raises(sim.InputError, match=said):
            sim.ranking(*arguments)
    with pytest.raises(sim.InputError, match="axes actor, partner, of which one is ranked"):
        sim.ranking(neighbours(), "relation")


def test_the_figure_names_each_with_its_chance(known: xr.Dataset) -> None:
    axis = sim.plots.ranking(known, "alignment")
    assert sorted(each.get_text() for each in axis.texts) == ["East  25 %", "North  62 %", "South  12 %"]
    assert axis.get_ylim()[0] > axis.get_ylim()[1]  # the first is at the top
    lines = [line for line in axis.lines if len(line.get_xdata()) == 2 and line.get_linewidth() == 1.8]
    assert sorted(line.get_ydata()[-1] for line in lines) == [1.625, 1.875, 2.5]
    left = Figure().subplots()
    drawn = sim.plots.ranking(known, "hhi", ax=left, title="Mine")
    assert drawn is left and left.get_title(loc="left") == "Mine"
    assert {to_hex(line.get_color()) for line in left.lines} == {"#000000", themes.LIGHT.scenarios[0].lower()}


def test_many_scenarios_have_their_own_colour_or_grey() -> None:
    runs = futures(tuple(f"s{k}" for k in range(17)), n_steps=12, n_trials=8)
    axis = sim.plots.ranking(runs, "hhi")
    lines = [to_hex(line.get_color()) for line in axis.lines if line.get_linewidth() == 1.8]
    grey = themes.LIGHT.rest.lower()
    assert len(lines) == 17 and len({*lines} - {grey}) == 17 - lines.count(grey) == 7
    places = sorted(each.xyann[1] for each in axis.texts)
    assert len(places) == 17 and min(np.diff(places)) > 0.04 and places[0] >= 0 and places[-1] <= 1.0


def test_what_has_no_effect_on_the_figure_is_refused(known: xr.Dataset) -> None:
    with pytest.raises(sim.InputError, match="the scenarios are ranked"):
        sim.plots.ranking(known, "hhi", scenario="other")
    with pytest.raises(sim.InputError, match="none is a reference"):
        sim.plots.ranking(known, "alignment", reference="other")


def test_the_command_says_who_is_first(tmp_path: Path) -> None:
    path, out = tmp_path / "runs.zarr", tmp_path / "ranking"
    base = plans.scenario("archipelago", n_steps=4, name="base")
    more = base.override({"demand.caution": 1.0}, name="more")
    runs = sim.run([base, more], trials=6, keep=["supplier_share", "hhi"], workers=1, out=path)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(program, ["ranking", str(path), *arguments])

    said = call("--scenario", "more", "--out", str(out))
    assert said.exit_code == 0, said.output
    assert answer(sim.ranking(runs), "more") in " ".join(said.output.split())
    assert {each.name for each in out.iterdir()} == {"answer.json", "ranking.png", "ranking.svg"}
    record = json.loads(call("--by", "hhi", "--smallest-first", "--json").stdout)
    first = sim.ranking(runs, "hhi", smallest_first=True)["p_first"].values.ravel()
    assert [each["p_first"] for each in record["ranks"]] == list(first)
    for wrong in (["--by", "hhi", "--scenario", "more"], ["--by", "relation"], ["--by", "supplier_share["]):
        assert call(*wrong).exit_code == 2 and len(call(*wrong).stderr.splitlines()) == 1
