"""The group of commands and the way it fails: one line for mistakes of the user, a trace for ours."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from sim.cli import environment
from sim.vocabulary.docstrings import docstring
from sim.vocabulary.errors import SimError, SimWarning
from sim.vocabulary.printing import printable, shortened

#: Exit codes: ran and found something wanting; a mistake of the user; Ctrl-C.
FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130

HELP = """Strategic scenario simulation of arms procurement and alignment.

A SCENARIO is a shipped name (see sim scenarios) or the path of a .toml file.

\b
Main job:  sim compare baseline china_counteroffer china_coercion --trials 10000 --out out/demo

Exit codes: 0 done; 1 ran, but a check failed; 2 bad input; 130 interrupted.
"""


class Interrupted(click.ClickException):
    """Ctrl-C, where there is more to say than that nothing was written."""


class Program(click.Group):
    """A click group that reports every mistake of the user in one line."""

    def __init__(self, name: str, groups: Mapping[str, Sequence[click.Command]]) -> None:
        commands = [command for group in groups.values() for command in group]
        for command in commands:
            command.help = command.help or docstring(command.callback)
        super().__init__(name, commands, help=HELP, invoke_without_command=True, callback=_show_help)
        self.groups = groups
        self.is_debugging = False
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=self._debug,
                help="Before the command: show the trace of a mistake too.",
            )
        )
        self.params.append(
            click.Option(
                ["--version"],
                is_flag=True,
                expose_value=False,
                is_eager=True,
                callback=_version,
                help="Show the version.",
            )
        )

    def _debug(self, context: click.Context, _: click.Parameter, wanted: bool) -> None:
        if not context.resilient_parsing:
            self.is_debugging = wanted

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Keep the order of the groups: the main jobs first."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by what they are for, each with its first sentence in full."""
        longest = max(map(len, self.commands))
        for heading, group in self.groups.items():
            with formatter.section(heading):
                rows = [(f"{each.name:{longest}}", each.get_short_help_str(limit=200)) for each in group]
                formatter.write_dl(rows)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run and leave with an exit code."""
        extra = {"prog_name": "sim", **extra, "standalone_mode": False}
        try:
            with _notes():
                environment.check()
                code = super().main(*args, **extra)
        except SimError as error:
            if self.is_debugging:
                raise
            _fail(str(error))
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "sim"
            _fail(f"{path}: {_sentence(error.format_message())} See {path} --help.")
        except Interrupted as error:
            _fail(_sentence(error.format_message()), INTERRUPTED)
        except click.ClickException as error:
            _fail(_sentence(error.format_message()))
        except OSError as error:
            # What nobody foresaw, but the system names: a closed folder, a full disk, too long a name.
            if self.is_debugging or error.filename is None or error.strerror is None:
                raise
            _fail(f"{error.filename}: {error.strerror.lower()}. Give a path that can be used.")
        except MemoryError:
            _fail("Not enough memory. Give fewer --trials, or name what you need with --keep.")
        except click.Abort:
            _fail("Interrupted; nothing was written.", INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


@contextmanager
def _notes() -> Iterator[None]:
    """Say what the user should know in one line each, once, such as a change that can have no effect."""
    said: set[str] = set()

    with warnings.catch_warnings():
        warnings.simplefilter("always", SimWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if not issubclass(category, SimWarning):
                usual(message, category, *where, **more)
            elif str(message) not in said:
                said.add(str(message))
                click.echo(printable(" ".join(f"Warning: {message}".split())), err=True)

        warnings.showwarning = show
        yield


def _fail(message: str, code: int = BAD_INPUT) -> NoReturn:
    click.echo(shortened(printable(" ".join(message.split()))), err=True)
    sys.exit(code)


def _sentence(message: str) -> str:
    return message if message.endswith((".", "?", "!")) else f"{message}."


@click.pass_context
def _show_help(context: click.Context) -> None:
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        from importlib import metadata

        click.echo(f"hedgesim {metadata.version('hedgesim')}")
        context.exit()
