"""What the record says of the parameters, in sentences: how many it informs, and the most informed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.vocabulary import amounts

if TYPE_CHECKING:
    from sim.analysis.calibrate import choice_logit
    from sim.analysis.calibrate.waves import Calibration


def of_choices(found: choice_logit.Report) -> str:
    """Return what recorded choices of suppliers say beyond the pooled prior, with the error of what they say.

    Parameters
    ----------
    found : Report
        From `sim.analysis.calibrate.choice_logit.report`.
    """
    first, last = found.years
    informed = [row for row in found.rows if row.verdict == "informed"]
    said = f"Of {len(found.rows)} parameters of the choice {found.n_choices} choices of {first}-{last} inform"
    if not informed:
        return f"{said} none beyond what all importers say."
    most = max(informed, key=lambda row: row.information)
    now, pooled = (
        amounts.with_error(*each) for each in ((most.mode, most.mode_spread), (most.prior, most.prior_spread))
    )
    return f"{said} {len(informed)}, most {most.term}: {now}, where all importers say {pooled} (s.e.)."


def of_calibration(found: Calibration) -> str:
    """Return how many parameters the record informs, and the one it says most about, with its interval.

    Parameters
    ----------
    found : Calibration
        From `sim.analysis.calibrate.waves.run`.
    """
    informed = [each for each in found.learned if each.is_informed]
    said = f"The record informs {len(informed)} of {len(found.learned)} parameters"
    if not informed:
        return f"{said}: all keep their priors."
    most = max(informed, key=lambda each: each.contraction)
    return (
        f"{said}, most {most.key}: {amounts.with_interval(most.mean, most.low, most.high)} {most.unit}, in "
        f"brackets the central 90 %; {amounts.percent(most.contraction)} of the prior's variance "
        "is taken away."
    )
