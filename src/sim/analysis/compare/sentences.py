"""The answer in a sentence, with its error: what a paired difference says, in words."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from sim.analysis.compare.summary import Row
from sim.numerics.elementary import Z95
from sim.vocabulary import amounts
from sim.vocabulary.variables import within_sentence

#: Shares are said in points, hundredths of the whole.
_POINTS = 100.0

#: Units that are not said.
_NAMELESS = ("index", "count")


def answers(rows: Sequence[Row]) -> list[str]:
    """Return a sentence for each scenario but the reference: the first measure at the end of the last year.

    Of a single scenario, where it ends.

    Parameters
    ----------
    rows : sequence of Row
        From `sim.analysis.compare.summary.summarise`.
    """
    last = [row for row in rows if row.measure == rows[0].measure and row.year == rows[-1].year]
    titles = {row.scenario: row.title for row in last}
    if len(last) == 1:
        return [level(last[0])]
    return [sentence(row, titles[row.difference.reference]) for row in last if row.difference]


def together(rows: Sequence[Row]) -> str:
    """Return what the rows of one measure and year say, in one sentence however many scenarios there are."""
    others = [row for row in rows if row.difference]
    if len(others) < 2:
        return answers(rows)[0]
    reference = next(row.title for row in rows if not row.difference)
    gaps = [(row.title, row.difference) for row in others if row.difference]
    found = [(title, gap.mean, gap.mean_low, gap.mean_high) for title, gap in gaps]
    return across(_about(rows[0]), reference, found, rows[0].unit)


def across(about: str, reference: str, gaps: Sequence[tuple[str, float, float, float]], unit: str) -> str:
    """Return in how many scenarios a mean surely differs from the reference's, and which is farthest from it.

    Parameters
    ----------
    about : str
        What is looked at, and when.
    reference : str
        How the reference is called.
    gaps : sequence of (str, float, float, float)
        Title, mean difference and its 95 % interval, by scenario.
    unit : str
    """
    clear = [each for each in gaps if each[2] > 0.0 or each[3] < 0.0]
    rest = len(gaps) - len(clear)
    if not clear:
        return (
            f"{about}: on average surely higher or lower than in “{reference}” in none of {rest} scenarios."
        )
    higher = sum(mean > 0.0 for _, mean, _, _ in clear)
    counted = [(word, n) for word, n in (("higher", higher), ("lower", len(clear) - higher)) if n]
    (first, most), *other = counted
    parts = [f"on average {first} than in “{reference}” in {most} of {len(gaps)} scenarios"]
    parts += [f"{word} in {n}" for word, n in other]
    parts += [f"unclear in {rest}"] if rest else []
    title, mean, low, high = max(clear, key=lambda each: abs(each[1]))
    by, ends = _size(mean, low, high, unit)
    word = "higher" if mean > 0.0 else "lower"
    return f"{about}: {', '.join(parts)}; the farthest, “{title}”, is {word} by {by} ({ends})."


def reached(about: str, shares: Sequence[tuple[str, float, float, float]]) -> str:
    """Return in how many trials something has happened: in the reference, and where most and least often.

    Parameters
    ----------
    about : str
        What has happened, and by when.
    shares : sequence of (str, float, float, float)
        Title, share of trials and its 95 % interval, by scenario; the reference first.
    """
    reference, *others = shares
    others.sort(key=lambda each: -each[1])
    title, share, ends = _counted(reference)
    parts = [f"{about} in {share} of 100 trials ({ends}) in “{title}”"]
    if len(others) > 2:
        (most, high, high_ends), (least, low, low_ends) = _counted(others[0]), _counted(others[-1])
        parts.append(f"of the others most often in “{most}”, {high} ({high_ends})")
        parts.append(f"least often in “{least}”, {low} ({low_ends})")
    else:
        parts += [f"in {share} ({ends}) in “{title}”" for title, share, ends in map(_counted, others)]
    return f"{', '.join(parts)}."


def _counted(share: tuple[str, float, float, float]) -> tuple[str, str, str]:
    """Return the title, how many of 100 trials a share is, and the ends of its interval."""
    title, *numbers = share
    middle, low, high = (f"{100.0 * each:.0f}" for each in numbers)
    return title, middle, f"{low} to {high}"


def _about(row: Row) -> str:
    return f"At the end of {row.year}, {within_sentence(row.text)}"


def level(row: Row) -> str:
    """Return where a scenario stands: the mean with its 95 % Monte Carlo interval, and most of the trials."""
    unit = "" if row.unit == "share" else _named(row.unit)
    margin = Z95 * row.error
    if not isfinite(margin):
        where = f"{amounts.number(row.mean)}{unit} in “{row.title}”"
        return f"{_about(row)}: {where}; a single trial has no error."
    mean = amounts.with_interval(row.mean, row.mean - margin, row.mean + margin)
    decimals = amounts.decimals_for(row.mean, margin)
    low, high = (amounts.fixed(each, decimals) for each in (row.q05, row.q95))
    most = f"from {low} to {high} in 90 of 100 trials"
    return f"{_about(row)}: {mean}{unit} on average in “{row.title}”, and {most}."


def sentence(row: Row, reference: str) -> str:
    """Return what a row of the table says of its scenario against the reference.

    Parameters
    ----------
    row : Row
        With a difference.
    reference : str
        How the reference is called.

    Returns
    -------
    str
        Such as "At the end of 2035, share of deliveries: lower in “A” than in “B” in 64 of 100 trials,
        by 2.3 points on average (1.9 to 2.7)." In brackets the 95 % Monte Carlo interval of the mean.
    """
    gap = row.difference
    if gap is None:
        raise ValueError("a row without a difference says nothing about one")
    about = f"{_about(row)}:"
    if gap.p_equal == 1.0:
        return f"{about} the same in “{row.title}” and “{reference}” in every trial."
    if not (gap.mean_low > 0.0 or gap.mean_high < 0.0):
        many = row.trials > 1
        few = f"{row.trials:,} trials do not tell" if many else "a single trial does not tell"
        _, low, high = _written(gap.mean, gap.mean_low, gap.mean_high, row.unit)
        between = f" ({low} to {high}{_named(row.unit)})" if many else ""
        return (
            f"{about} {few} whether it is higher or lower on average in “{row.title}” than in "
            f"“{reference}”{between}."
        )
    word, share = ("higher", gap.p_greater) if gap.mean > 0.0 else ("lower", gap.p_less)
    by, ends = _size(gap.mean, gap.mean_low, gap.mean_high, row.unit)
    return (
        f"{about} {word} in “{row.title}” than in “{reference}” in {_often(share, row.trials)}, by {by} on "
        f"average ({ends})."
    )


def _often(share: float, trials: int) -> str:
    """Return in how many trials something holds: of 100, or of all where they are fewer."""
    of = min(trials, 100)
    return f"{share * of:.0f} of {of} trials"


def _size(mean: float, low: float, high: float, unit: str) -> tuple[str, str]:
    """Return how large a difference is, with its unit, and its interval, of either sign."""
    least, most = sorted((abs(low), abs(high)))
    by, *ends = _written(abs(mean), least, most, unit)
    return f"{by}{_named(unit)}", " to ".join(ends)


def _named(unit: str) -> str:
    """Return a unit as it stands behind a number."""
    return " points" if unit == "share" else "" if unit in _NAMELESS else f" {unit}"


def _written(mean: float, low: float, high: float, unit: str) -> list[str]:
    """Return a mean and its interval, all with the decimals that the interval leaves them."""
    scale = _POINTS if unit == "share" else 1.0
    decimals = amounts.decimals_for(scale * mean, scale * (high - low) / 2.0)
    return [amounts.fixed(scale * each, decimals) for each in (mean, low, high)]
