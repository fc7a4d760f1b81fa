"""From a run to findings: every verb on eight futures, with its seconds: ``python -m benchmarks.tour``.

Each step is a command of its own, as somebody would type it, in a process of its own.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import click

FUTURES = (
    "baseline",
    "china_counteroffer",
    "china_coercion",
    "pakistan_tot",
    "us_purchase_pressure",
    "india_rupture",
    "myanmar_escalation",
    "fiscal_squeeze",
)
MEASURE = "supplier_share[china]@2035"
EVENT = "supplier_share[china]@2035 < 0.5"

#: Another expert, who thinks that the installed base counts for less.
PRIOR = """\
title = "The installed base counts for less"
[set]
"attraction.installed_weight" = { distribution = { normal = [0.6, 0.25] } }
"""


def steps(folder: Path, trials: int) -> dict[str, list[str]]:
    """Return what is asked, by name; `trials` is that of the stored run, and the others follow it."""
    store, prior = str(folder / "run.zarr"), folder / "prior.toml"
    prior.write_text(PRIOR, encoding="utf-8")
    some, few = str(trials // 2), str(max(8, trials // 16))
    one = ["--measure", MEASURE]
    return {
        "run": ["run", *FUTURES, "--trials", str(trials), "--out", store],
        "show": ["show", store],
        "effects": ["effects", *FUTURES[1:], "--trials", some],
        "sensitivity (Sobol)": ["sensitivity", *one, "--trials", some],
        "sensitivity (difference)": ["sensitivity", *one, "--against", FUTURES[1], "--trials", some],
        "sensitivity (Morris)": ["sensitivity", *one, "--method", "morris", "--trials", few],
        "sensitivity (PAWN)": ["sensitivity", *one, "--method", "pawn", "--trials", str(trials)],
        "sensitivity (tornado)": ["sensitivity", *one, "--method", "tornado", "--trials", few],
        "spread": ["spread", *one, "--trials", some],
        "worth": ["worth", *FUTURES[:2], *one, "--trials", str(trials), "--samples", few],
        "robustness": ["robustness", "--trials", some],
        "search": ["search", "--by", "japan", "--minimise", "hhi@2035", "--trials", few],
        "discover": ["discover", store, "--event", EVENT],
        "threshold": ["threshold", EVENT, "--lever", "attraction.finance_offer.japan", "--trials", some],
        "signposts": ["signposts", store, "--between", f"{FUTURES[0]},{FUTURES[1]}"],
        "odds": [
            "odds",
            store,
            "--ask",
            MEASURE,
            "--prior",
            str(prior),
            "--least",
            str(min(100, trials // 4)),
        ],
        "explain": ["explain", "baseline", "--at", "2030-Q1"],
        "story": ["story", FUTURES[0], FUTURES[1]],
        "report": ["report", store, "--out", str(folder / "report.html")],
    }


@click.command()
@click.option("--trials", default=2048, show_default=True, help="Of the stored run.")
@click.option("--short", is_flag=True, help="See that it works: few trials, no use as a measurement.")
def main(trials: int, short: bool) -> None:
    """Go the whole way, and print seconds and the first sentence of each answer."""
    whole = 0.0
    print("| step | seconds | first sentence |\n| --- | ---: | --- |")
    with TemporaryDirectory() as folder:
        for name, words in steps(Path(folder), 64 if short else trials).items():
            begin = time.perf_counter()
            done = subprocess.run([sys.executable, "-m", "sim", *words], capture_output=True, text=True)
            seconds = time.perf_counter() - begin
            whole += seconds
            # One: it ran, and the answer is that there is none.
            if done.returncode not in (0, 1):
                raise SystemExit(f"{name}: {' '.join(words)}\n{done.stderr}")
            said = next((line for line in done.stdout.splitlines() if line.strip()), "").strip()
            print(f"| {name} | {seconds:.1f} | {said} |", flush=True)
    print(f"| in all | {whole:.0f} | |")


if __name__ == "__main__":
    main()
