"""The sizes of the levers as texts: cells for a table, and a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.describe import stamp
from sim.analysis.describe.odd_submodels import table
from sim.analysis.validate.potency import INERT_BELOW, Report, Result, Size
from sim.vocabulary import amounts

#: How to read the sizes.
NOTE = f"""
A lever is moved by a plausible dose, and by the largest that can be argued for. The change of what it should
reach is the mean of paired differences (same trials, same random draws) ± its 95 % interval: in its own
unit, and in standard deviations of that effect between trials without the change (s.d.; the interval counts
the error of the standard deviation too). Moved: share of trials in which the maximum makes any difference.
*Inert*: the whole interval at the maximum is within {INERT_BELOW:g} s.d. of zero; *potent*: it is wholly
outside; *unclear*: neither.
""".strip()


def in_unit(size: Size, unit: str) -> str:
    """Return a mean difference and its interval, such as ``+0.012 ± 0.003 share``."""
    return f"{amounts.with_error(size.mean, size.high - size.mean, is_signed=True)} {unit}"


def in_deviations(size: Size) -> str:
    """Return the same in standard deviations, such as ``+0.52 ± 0.06``."""
    if size.deviations is None or size.deviations_high is None:
        return "no spread"
    return amounts.with_error(size.deviations, size.deviations_high - size.deviations, is_signed=True)


def page(report: Report, command: str, numbers: str) -> str:
    """Return the ranked table, what is inert and why, and the doses, as Markdown.

    Parameters
    ----------
    report : Report
        As `sim.analysis.validate.potency.report` returns it.
    command : str
        What was typed to make the page.
    numbers : str
        Of the model, as `sim.analysis.describe.stamp.numbers` returns them.
    """
    parts = (
        "# Potency of the levers",
        f"Made by `{command}`; {report.period}.",
        stamp.line(numbers),
        NOTE,
        "## Ranked",
        _ranked(report),
        *_inert(report),
        "## Doses",
        "Written down, with their sources, before effects were looked at.",
        _doses(report),
    )
    return "\n\n".join(parts) + "\n"


def _ranked(report: Report) -> str:
    doses = ("plausible, s.d.", "plausible", "maximum, s.d.", "maximum")
    rows = [
        (
            f"`{each.lever}`",
            f"{each.effect} ({each.when})",
            in_deviations(each.plausible),
            in_unit(each.plausible, each.unit),
            in_deviations(each.maximum),
            in_unit(each.maximum, each.unit),
            amounts.percent(each.maximum.moved),
            each.verdict,
        )
        for each in report.results
    ]
    return table(("lever", "reaches", *doses, "moved", "verdict"), rows)


def _inert(report: Report) -> Iterator[str]:
    """Yield the list of what is inert, and of what is not although the case says so."""
    inert = [each for each in report.results if each.verdict == "inert"]
    yield "## Inert"
    if not inert:
        yield "Nothing."
    else:
        yield table(("lever", "reaches", "why"), [_why(each) for each in inert])
    revived = [each for each in report.results if each.verdict != "inert" and each.remark]
    if revived:
        yield "Not inert, though the case gives a reason why it would be:"
        yield table(("lever", "reaches", "what is said"), [_why(each) for each in revived])


def _why(result: Result) -> tuple[str, str, str]:
    return f"`{result.lever}`", f"{result.effect} ({result.when})", result.remark


def _doses(report: Report) -> str:
    headings = ("lever", "evidence", "plausible", "source", "maximum")
    by_lever = {each.lever: each for each in sorted(report.results, key=lambda each: each.lever)}
    rows = [
        (
            f"`{name}`: {each.what}",
            ", ".join(each.evidence),
            _change(each.plausible),
            " ".join(part for part in (each.plausible.source, ", ".join(each.plausible.evidence)) if part),
            _change(each.maximum),
        )
        for name, each in by_lever.items()
    ]
    return table(headings, rows)


def _change(size: Size) -> str:
    return f"{size.change}, against {size.against}" if size.against else size.change
