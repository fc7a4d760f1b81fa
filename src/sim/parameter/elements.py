"""One parameter and one element of it, and the checks that a number must pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sim.parameter.distributions import Distribution
from sim.vocabulary.errors import MissingField, OutOfBounds, UnknownName, nearest

Labels = tuple[str, ...]

#: One label or None ("all of them") per dim.
Pattern = tuple[str | None, ...]


@dataclass(frozen=True)
class Element:
    """One number of the model.

    Parameters
    ----------
    key : str
        ``mechanism.name`` followed by the labels, joined by dots.
    mechanism, name, labels : str, str, tuple of str
        The parts of the key.
    value : float
        The central value.
    distribution : Distribution or None
        None where the number is certain.
    unit : str
        One of `sim.vocabulary.units.UNITS`.
    bounds : tuple of float
        The least and the greatest value that make sense.
    evidence : tuple of str
        Ids in the evidence table.
    assumption : str or None
        Why this number, where no evidence settles it.
    description : str
        What the parameter is.
    file : str
        The file that gave the value.
    note : str
        Remarks.
    """

    key: str
    mechanism: str
    name: str
    labels: Labels
    value: float
    distribution: Distribution | None
    unit: str
    bounds: tuple[float, float]
    evidence: tuple[str, ...]
    assumption: str | None
    description: str
    file: str
    note: str = ""

    @property
    def stream(self) -> str:
        """What its draws are named after: its key, or what it is drawn together with."""
        return (self.distribution.stream if self.distribution else "") or self.key

    @property
    def rests_on(self) -> str:
        """What gives the number, in a few words."""
        if not self.evidence:
            return "judgement"
        return "source and judgement" if self.assumption else "source or estimate"

    def text(self) -> str:
        """Return the value and its uncertainty in words."""
        spread = "" if self.distribution is None else f" ({self.distribution.describe()})"
        return f"{self.value:.12g}{spread}"


@dataclass(frozen=True)
class Parameter:
    """One parameter: an array of elements in C order of its dims."""

    fullname: str
    dims: tuple[str, ...]
    labels: tuple[Labels, ...]
    unit: str
    description: str

    @property
    def mechanism(self) -> str:
        """The mechanism that the parameter belongs to."""
        return self.fullname.split(".")[0]

    @property
    def name(self) -> str:
        """The name without the mechanism."""
        return self.fullname.split(".")[1]

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the dims."""
        return tuple(len(axis) for axis in self.labels)

    def key(self, labels: Labels) -> str:
        """Return the key of one element."""
        return ".".join((self.fullname, *labels))


def pattern_of(
    labels: Labels, parameter: Parameter, file: str, place: str, also: Iterable[str] = ()
) -> Pattern:
    """Return one label or None per dim: each label belongs to the first axis left that has it.

    `also` are names, other than labels, that the user may have meant.
    """
    found: list[str | None] = []
    for label in labels:
        axes = parameter.labels[len(found) :]
        position = next((i for i, axis in enumerate(axes) if label in axis), None)
        if position is None:
            known = [other for axis in axes for other in axis] + list(also)
            remedy = nearest(label, known, "names") if known else "Leave the label out."
            if any(label in axis for axis in parameter.labels):
                remedy = f"Write the labels in the order {', '.join(parameter.dims)}, each once."
            problem = "no such label: {value}" if axes else "a label too many: {value}"
            raise UnknownName(file, place, problem, remedy, label)
        found += [None] * position + [label]
    return (*found, *[None] * (len(parameter.dims) - len(found)))


def fits(labels: Labels, wanted: Pattern) -> bool:
    """Whether an element is among those that a pattern names."""
    return all(each in (None, label) for label, each in zip(labels, wanted, strict=True))


def central(
    value: float | None,
    distribution: Distribution | None,
    bounds: tuple[float, float],
    unit: str,
    file: str,
    value_place: str,
    distribution_place: str,
) -> float:
    """Check value, distribution and bounds against each other; return the central value."""
    low, high = bounds
    remedy = f"Keep it between {low:g} and {high:g} ({unit})."
    if distribution is not None:
        if distribution.reaches_outside(bounds):
            where, problem = f"{distribution_place}.{distribution.kind}", "reaches beyond the bounds"
            raise OutOfBounds(file, where, problem, remedy, distribution.numbers)
        if value is None:
            return distribution.middle()
    if value is None:
        raise MissingField(file, value_place, "neither a value nor a distribution", "Add value = ...")
    if not low <= value <= high:
        raise OutOfBounds(file, value_place, "outside the bounds", remedy, value)
    if distribution is not None:
        least, most = distribution.support
        if not least <= value <= most:
            problem = f"outside its own distribution ({distribution.describe()})"
            raise OutOfBounds(file, value_place, problem, "Correct one of the two.", value)
    return float(value)
