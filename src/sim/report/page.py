"""Writing the page and its archive."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sim.analysis.compare import history
from sim.analysis.compare.measure import standard_measures
from sim.analysis.compare.paired import split
from sim.analysis.compare.summary import check_years, listed_years, summarise
from sim.analysis.compare.tables import NOTE
from sim.files import staging
from sim.report import archive, findings, sections
from sim.report import robustness as policies
from sim.runs import free_memory
from sim.runs.dataset import checked, counted, looked_at, manifest, scenario_of, scenarios_of
from sim.runs.trials import USUAL_EXECUTION, Execution
from sim.vocabulary import arguments
from sim.vocabulary.errors import InputError
from sim.vocabulary.printing import printable

if TYPE_CHECKING:
    import xarray as xr

#: How a page of ours begins, by which it is known where one is to be replaced.
MARK = "<!doctype html>\n<!-- hedgesim report -->"

#: Sections of the page: ids and titles.
_CONTENTS = (
    ("answers", "Answers"),
    ("futures", "Futures"),
    ("results", "Results"),
    ("track", "Track record"),
    ("assumptions", "Assumptions"),
    ("evidence", "Evidence"),
    ("limits", "Limits"),
    ("repeat", "Repeat it"),
)

_FOLDER = Path(__file__).parent

#: How many times a run fits into the memory that is free, if it is read as a whole.
_ROOM = 3


def write_report(
    runs: xr.Dataset,
    path: str | Path,
    *,
    reference: str | None = None,
    question: str | None = None,
    years: Iterable[int] | None = None,
    robustness: int | None = None,
    execution: Execution = USUAL_EXECUTION,
    force: bool = False,
) -> tuple[Path, Path]:
    """Write a run as one self-contained page, and its data as an archive beside it.

    Parameters
    ----------
    runs : xarray.Dataset
        From `sim.run` or `sim.open`, with its trials.
    path : path
        The page, such as ``report.html``; the archive has the same name and ends in ``.zip``.
    reference : str, optional
        Scenario to compare with; the first by default.
    question : str, optional
        Title of the page; by default what the scenarios ask.
    years : iterable of int, optional
        Years in the tables; full decades and the last year by default.
    robustness : int, optional
        Also run the policies that the case declares in the futures of the page, so many trials of each with
        the seed of the run, and show which holds up. By default the page says how to get that.
    execution : Execution
        How the policies are run; no number depends on it.
    force : bool
        Replace what an earlier report has written there.

    Returns
    -------
    tuple of Path
        Page and archive. The same run gives the same bytes.

    Raises
    ------
    InputError
        If this is no result with trials, a file is in the way, Jinja2 is not installed, or the case declares
        no policies where they are asked for.

    Examples
    --------
    >>> page, archive = sim.write_report(runs, "report.html", years=[2030, 2035])
    """
    template = _template()
    made = manifest(runs)
    runs = checked(runs, "trial", "time", "scenario")
    target = arguments.path(path, "path")
    if target.suffix != ".html":
        raise InputError(str(target), "path", "a report is a .html file", "Name it so, such as report.html.")
    reference = scenario_of(runs, reference, "reference")
    question = arguments.text_if_given(question, "question")
    arguments.instance(execution, Execution, "execution", "an Execution", "Give a sim.runs.trials.Execution.")
    force = arguments.truth(force, "force")
    years = (
        None if years is None else check_years(listed_years(years), list(map(str, runs["quarter"].values)))
    )
    trials = None if robustness is None else arguments.whole(robustness, "robustness", 2)
    if runs.sizes["scenario"] > 1:
        split(runs, reference)
    beside = target.with_suffix(".zip")
    for place, is_ours in ((target, _is_page), (beside, _is_archive)):
        staging.check_free(staging.target_of(place), force, is_ours)
    runs = _at_hand(runs)
    scenarios = scenarios_of(runs)
    measures = standard_measures(runs, looked_at(runs))
    rows = summarise(runs, measures, years, reference)
    if not rows:
        problem = "nothing that a report shows was kept, or no trial is complete"
        raise InputError("", "runs", problem, "Keep the main variables: leave out keep.")
    chosen = scenarios[reference]
    titles = [each.title for each in scenarios.values()]
    asked = question or sections.question(titles, chosen.title, rows[-1].year)
    found = findings.of_run(runs, scenarios, reference, measures[0])
    found += policies.of_case(list(scenarios.values()), chosen, trials, made["seed"], execution)
    texts = {"question": asked, "page": printable(target.name), "command": _command(runs, made)}
    content = template.render(
        question=asked,
        case=chosen.case.title,
        answers=sections.answers(rows),
        note=NOTE,
        trials=counted(runs),
        made=made,
        last=rows[-1].year,
        is_paired=runs.sizes["scenario"] > 1,
        futures=sections.futures(runs, scenarios, reference),
        results=sections.results(rows),
        pictures=sections.pictures(runs, history.dataset(chosen.case, chosen.start), reference, rows),
        assumptions=sections.assumptions(chosen),
        evidence=sections.evidence(scenarios.values()),
        track_record=sections.statements(sections.TRACK_RECORD, chosen.case.name),
        limits=sections.statements(sections.LIMITS, chosen.case.name),
        about=sections.about(made),
        glossary=sections.glossary(runs),
        archive=printable(beside.name),
        command=texts["command"],
        typed=made["command"],
        chosen=chosen.title,
        findings=found,
        contents=(*_CONTENTS[:3], *((each.id, each.title) for each in found), *_CONTENTS[3:]),
        style=(_FOLDER / "page.css").read_text(encoding="utf-8"),
    )
    with ExitStack() as both:
        page = both.enter_context(staging.staged(target, force=force, is_ours=_is_page))
        data = both.enter_context(staging.staged(beside, force=force, is_ours=_is_archive))
        page.write_text(f"{MARK}\n{content}", encoding="utf-8", newline="\n")
        archive.write(data, runs, rows, scenarios, reference, years, texts)
    return staging.located(target), staging.located(beside)


def _at_hand(runs: xr.Dataset) -> xr.Dataset:
    """Return a run read once for all sections, where memory has room for it and for what is made of it."""
    return runs.compute() if _ROOM * runs.nbytes < free_memory.of_machine() else runs


def _template() -> Any:
    """Return the template of the page."""
    try:
        import jinja2
    except ImportError:
        problem, remedy = "needs Jinja2, which is not installed", "pip install 'hedgesim[report]'"
        raise InputError("", "report", problem, remedy) from None
    return _environment(jinja2).get_template("page.html")


@cache
def _environment(jinja2: Any) -> Any:
    """Return what keeps a template once it is compiled."""
    loader = jinja2.FileSystemLoader(_FOLDER)
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


def _command(runs: xr.Dataset, made: dict[str, Any]) -> str:
    """Return what repeats a run from its archive: a command, or Python where no command can."""
    files = [f"scenarios/{name}.toml" for name in made["scenarios"]]
    kept = sorted(map(str, runs.data_vars))
    sampling = made["sampling"]
    if made["first_trial"] or made["rules"] or sampling["share_shocks"]:
        rules = ", rules=..." if made["rules"] else ""
        numbers = ", ".join(f"{name}={made[name]}" for name in ("trials", "first_trial", "seed"))
        return f"sim.run({files}, {numbers}, sampling=sim.Sampling(**{sampling}), keep={kept}{rules})"
    options = ["--trials", str(made["trials"]), "--seed", str(made["seed"]), "--keep", ",".join(kept)]
    if sampling["method"] != "independent":
        options += ["--sampling", sampling["method"]]
    if sampling["replicates"] > 1:
        options += ["--replicates", str(sampling["replicates"])]
    if sampling["antithetic"]:
        options += ["--antithetic"]
    return " ".join(["sim run", *files, *options, "--out again.zarr"])


def _is_page(path: Path) -> bool:
    """Whether a file is a page of ours."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _is_archive(path: Path) -> bool:
    """Whether a file is an archive of ours."""
    import zipfile

    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return {"README.md", "manifest.json", "table.csv"} <= set(archive.namelist())
