"""``python -m sim``, and the program `sim`."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it is being loaded leaves no trace either."""
    try:
        from sim.cli import main as run
    except KeyboardInterrupt:
        print("Interrupted; nothing was written.", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    run()


if __name__ == "__main__":
    sys.argv[0] = "sim"
    main()
