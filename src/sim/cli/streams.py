"""Standard streams as they come: closed, full, or on a terminal that cannot show every character."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any

from sim.vocabulary.errors import InputError

#: Exit code where a reader has gone, as of programs that SIGPIPE ends.
UNREAD = 141

#: Names of the standard streams in the order of their numbers.
NAMES = ("stdin", "stdout", "stderr")


class _Device(io.FileIO):
    """Where a stream goes. What cannot be shown is an error of one line, and on stderr of none at all."""

    def __init__(self, number: int) -> None:
        super().__init__(number, "w", closefd=False)
        self._is_spare = NAMES[number] == "stderr"

    def write(self, data: Any, /) -> int:
        if not len(data):
            # click tries streams so, and swallows the error of a full disk; unbuffered, it reaches here.
            return 0
        try:
            written: Any = super().write(data)  # None where a reader is not ready
        except OSError as error:
            if self._is_spare:
                return len(data)  # nothing that is said there is worth losing a run for
            self._drop_the_rest()
            if error.errno == errno.EPIPE:
                sys.exit(UNREAD)  # the reader has seen enough
            problem = f"cannot be written: {(error.strerror or str(error)).lower()}"
            raise InputError("", "standard output", problem, "Send it elsewhere.") from None
        return written  # type: ignore[no-any-return]

    def _drop_the_rest(self) -> None:
        """Let what is still on its way, to the end of the program, go nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def prepare() -> None:
    """Make the standard streams safe to write to, before anything is written."""
    for number, name in enumerate(NAMES):
        if getattr(sys, name) is None:
            # Closed: its number would go to the next file that is opened, which would then be written into.
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        buffer = getattr(stream, "buffer", None)
        raw = getattr(buffer, "raw", buffer)  # the same where Python does not buffer
        if type(raw) is io.FileIO and raw.fileno() == number:
            stream.flush()
            device: Any = _Device(number) if raw is buffer else io.BufferedWriter(_Device(number))
            how = {"line_buffering": stream.line_buffering, "write_through": stream.write_through}
            stream = io.TextIOWrapper(device, stream.encoding, **how)
            setattr(sys, name, stream)
        # A terminal that cannot show a character gets a question mark, not an error.
        getattr(stream, "reconfigure", lambda **_: None)(errors="replace")
