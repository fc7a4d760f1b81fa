"""The axes of every array, by name and in one order; the trial axis is always last.

An array's dims are a subset of `ORDER`, in that order. Mechanisms index by the names
below, never by bare numbers. Lengths and labels belong to a case (`sim.case.case`).
"""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

#: Arrays of numbers, of indices and counts, of flags. NumPy's stubs lose the kind at most operations, so
#: the names are for the reader.
Array = NDArray[Any]
IntArray = NDArray[Any]
BoolArray = NDArray[Any]

#: All axes, outermost first.
ORDER = (
    "level",
    "due",
    "lag",
    "year",
    "option",
    "front",
    "actor",
    "partner",
    "supplier",
    "regime",
    "domain",
    "category",
    "channel",
    "state",
    "slot",
    "pair",
    "open",
    "deal",
    "contract",
    "field",
    "trial",
)

#: The trial axis of every array that has one.
TRIAL = -1

#: The recipient is the first actor; the partners follow in the order of the case.
RECIPIENT = 0

#: Length of one step, in years.
QUARTER = 0.25

#: Quarters in a year, and the one that begins it, in whichever calendar.
QUARTERS = 4
NEW_YEAR = 1

#: Deals that one trial can open in one quarter. At 1.1 openings a quarter and variance/mean 1.6 a
#: quarter would exceed this once in about 1,300; dropping the excess lowers the mean by 0.1 %.
SLOTS = 8

#: Quarters in the rolling window of `supplier_share` (five years, SIPRI's own window).
WINDOW = 20

#: The highest rung of the ladder of agreements.
TOP_RUNG = 5

#: The rung up to which ties consist of visits, exercises and training, and that of joint projects.
EXERCISES = 2
JOINT_PROJECT = 4

#: The levels of a posture, from pressing to courting hard, and the steps of alignment.
LEVELS = ("press", "passive", "maintain", "court", "court hard")
OPTIONS = ("pull back", "hold", "deepen")

#: Stages of a grant, in order.
GRANT_STATES = ("selected", "noted", "delivered")

#: `deal_supplier` of a deal that was deferred, and of one produced at home.
DEFERRAL = -1
DOMESTIC = -2
