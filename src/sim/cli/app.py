"""The command that opens the explorer."""

from __future__ import annotations

import click

from sim.cli import options


@click.command()
@options.base("Scenario with which every change is compared.")
@options.seed
@options.engine
@click.option(
    "--port",
    type=options.Whole(0, 65535),
    default=0,
    metavar="N",
    help="Port on this machine.  [default: one that is free]",
)
@click.option(
    "--token", metavar="TEXT", help="What the address begins with.  [default: drawn anew each time]"
)
@click.option("--no-browser", is_flag=True, help="Print the address and open nothing.")
@options.as_json
def app(
    scenario: str, seed: int, engine: str, port: int, token: str | None, no_browser: bool, as_json: bool
) -> None:
    """Open a page to explore: choose a future, move levers, see outcomes move, save what you made.

    The page is served to this machine alone. Ctrl-C ends it; started again with the same --port and --token,
    a page that is still open goes on.
    """
    import secrets
    import threading
    import webbrowser

    from sim.cli.terminal import write_json
    from sim.explorer.server import Server
    from sim.explorer.workbench import Workbench
    from sim.scenario import loading
    from sim.vocabulary.errors import InputError

    if token is not None and not (token.isascii() and token.isalnum()):
        raise InputError("", "token", "not only letters and digits", "Such as --token exploring1.", token)
    bench = Workbench(loading.load(scenario), seed, engine)
    try:
        server = Server(bench, token or secrets.token_hex(16), port)
    except OSError as error:
        problem = f"cannot be listened on: {error.strerror}"
        raise InputError("", "port", problem, "Choose another, or none for one that is free.", port) from None
    if as_json:
        write_json({"address": server.address})
    else:
        click.echo(f"Exploring at {server.address}\nCtrl-C ends it.")
    threading.Thread(target=bench.warm_up, daemon=True).start()
    if not no_browser:
        webbrowser.open(server.address)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("", err=as_json)
    finally:
        server.server_close()
