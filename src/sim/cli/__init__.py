"""The command line: parse, one call, write.

Exit codes: 0 done; 1 ran, but a check failed; 2 bad input, with one line on stderr. Modules of this package
import the library inside their commands, so that ``sim --help`` is quick.
"""

from __future__ import annotations

import signal

from sim.cli import environment, streams
from sim.cli.app import app
from sim.cli.author import new_scenario, schema, variables
from sim.cli.backtest import backtest, forecast, new_case
from sim.cli.calibrate import calibrate
from sim.cli.discover import discover
from sim.cli.drivers import sensitivity, spread, worth
from sim.cli.effects import effects
from sim.cli.estimate import estimate
from sim.cli.explain import explain
from sim.cli.odd import odd
from sim.cli.odds import odds
from sim.cli.panel import compare_panels
from sim.cli.program import Program
from sim.cli.ranking import ranking
from sim.cli.resume import extend, replay, resume
from sim.cli.robustness import robustness
from sim.cli.run import compare, run
from sim.cli.search import search
from sim.cli.show import check, diff, evidence, parameters, scenarios
from sim.cli.signposts import signposts
from sim.cli.stored import plot, report, show, table
from sim.cli.story import story
from sim.cli.structure import structure
from sim.cli.threshold import threshold
from sim.cli.trace import trace
from sim.cli.validate import directions, patterns

#: In the order and under the headings of the help, which are those of README.md.
GROUPS = {
    "Run futures and compare them": (run, compare, effects, ranking, scenarios, resume, extend),
    "Look at a stored run": (show, table, plot, report, app),
    "Write a scenario": (new_scenario, variables, schema, check, diff),
    "Know where a number comes from": (parameters, evidence, trace),
    "Understand one trial": (explain, story, replay),
    "Find what drives a number": (sensitivity, spread, worth, structure),
    "Find a policy that holds up, and when it fails": (
        robustness,
        search,
        discover,
        threshold,
        signposts,
        odds,
    ),
    "Test the model against the record": (patterns, directions, backtest, compare_panels, forecast),
    "Learn parameters from the record": (estimate, calibrate),
    "Model another importer": (new_case,),
    "Describe the model for a paper": (odd,),
}

sim = Program("sim", GROUPS)


def main() -> None:
    """Run the command line and leave with its exit code."""
    environment.prepare()
    streams.prepare()
    # A batch system asks a program to end: as Ctrl-C does, so that nothing half-written is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sim.main()
