"""Variables of the environment that libraries read while they are loaded: a mistake would be a trace."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from sim.vocabulary.errors import WrongType

#: When what is made is said to be made; read by NumPy and matplotlib.
DATE = "SOURCE_DATE_EPOCH"

#: With what matplotlib shows figures. Commands write them to files, so it has no part in them.
BACKEND = "MPLBACKEND"


def prepare() -> None:
    """Put aside what has no part in a command."""
    os.environ[BACKEND] = "agg"


def check() -> None:
    """Refuse what libraries would stumble over.

    Raises
    ------
    InputError
        If the date is none.
    """
    date = os.environ.get(DATE)
    if date is None:
        return
    try:
        datetime.fromtimestamp(int(date), UTC)
    except (ValueError, OverflowError, OSError):
        problem = "not a number of seconds since 1970"
        raise WrongType("", DATE, problem, "Give one, such as 1700000000, or unset it.", date) from None
