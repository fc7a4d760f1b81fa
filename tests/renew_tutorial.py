"""The tutorial: runs what docs/tutorial.md says, in order, and writes below it what it prints.

``python -m renew_tutorial`` renews the page and the line that says with which numbers; `make tutorial`
calls it. Python runs in one process, lines that begin with ``$ sim`` each in one of their own, and a TOML
block is the file that its first line names.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

import sim
from sim.analysis.describe import stamp

PAGE = Path(__file__).parents[1] / "docs" / "tutorial.md"

#: Lines that are shown of what is printed.
_SHOWN = 12

_BLOCK = re.compile(
    r"^```(python|toml|console)\n(.*?)^```\n(?:\n```text\n.*?^```\n)?", re.MULTILINE | re.DOTALL
)
_LINE = re.compile(r"^Made with the numbers .*$", re.MULTILINE)


def renewed(text: str) -> str:
    """Return a page with what its blocks print; they run in the present folder."""
    known: dict[str, Any] = {}

    def run(block: re.Match[str]) -> str:
        kind, code = block.groups()
        if kind == "toml":
            Path(code.splitlines()[0].removeprefix("# ")).write_text(code, encoding="utf-8")
            return block[0]
        said = _python(code, known) if kind == "python" else _console(code)
        lines = [line.rstrip() for line in said.strip("\n").splitlines()]
        if len(lines) > _SHOWN:
            lines = [*lines[:_SHOWN], "..."]
        below = "\n".join(["", "```text", *lines, "```", ""]) if lines else ""
        return f"```{kind}\n{code}```\n{below}"

    return _BLOCK.sub(run, text)


def _python(code: str, known: dict[str, Any]) -> str:
    with redirect_stdout(io.StringIO()) as said:
        exec(compile(code, PAGE.name, "exec"), known)
    return said.getvalue()


def _console(code: str) -> str:
    said = ""
    for line in code.splitlines():
        words = shlex.split(line.removeprefix("$ sim "))
        done = subprocess.run([sys.executable, "-m", "sim", *words], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{line}\n{done.stderr}")
        said += done.stdout
    return said


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        page = renewed(page)
    PAGE.write_text(_LINE.sub(stamp.line(stamp.numbers(sim.load("baseline"))), page), encoding="utf-8")
