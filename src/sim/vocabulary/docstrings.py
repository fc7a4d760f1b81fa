"""Docstrings that are shown to people: of mechanisms in the model's description, of commands as help."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from typing import Any

#: Level of optimisation from which Python has no docstrings.
_DROPS_DOCSTRINGS = 2


def docstring(described: Any) -> str:
    """Return the docstring of a module or function, from its source where Python dropped it (``-OO``)."""
    if described.__doc__ or sys.flags.optimize < _DROPS_DOCSTRINGS:
        return inspect.cleandoc(described.__doc__ or "")
    tree = ast.parse(textwrap.dedent(inspect.getsource(described)))
    node: Any = tree if inspect.ismodule(described) else tree.body[0]
    return ast.get_docstring(node) or ""
