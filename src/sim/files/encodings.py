"""The text of a table, in whatever encoding a program has saved it; what is no text is called by its name."""

from __future__ import annotations

import codecs
from pathlib import Path

from sim.files import regular
from sim.files.records import reason, shown
from sim.vocabulary.errors import BadEncoding, BadSyntax, MissingFile

#: Byte order marks -> encoding. The long ones first: that of UTF-32 begins with that of UTF-16.
_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}

#: First bytes of what is taken for a table -> what it is.
_OTHERS = {
    b"PK\x03\x04": "a spreadsheet's workbook or another archive",
    b"\xd0\xcf\x11\xe0": "a workbook of an older spreadsheet program",
    b"%PDF": "a PDF document",
    b"{\\rtf": "a rich text document",
    b"\x1f\x8b": "a compressed file",
    b"PAR1": "a Parquet file",
    b"RDX": "data of R",
    b"<": "a page of the web or another marked-up document",
    b"{": "JSON",
}

#: What comes out of a program that does not know UTF-8, and what can be read as anything.
_OLD = ("cp1252", "latin-1")

#: So much of the beginning is looked at.
_BEGINNING = 512


def read_text(path: Path, remedy: str, is_own: bool) -> str:
    """Return the text of a file.

    Parameters
    ----------
    path : Path
        The file: UTF-8, with a byte order mark or not, UTF-16 or UTF-32; unless it is the project's own also
        Windows-1252 or Latin-1.
    remedy : str
        What to do where there is no such file.
    is_own : bool
        Whether it is in a form that this project defines.

    Raises
    ------
    MissingFile, BadSyntax, BadEncoding
    """
    file = shown(path)
    try:
        content = regular.content(path)
    except OSError as error:
        raise MissingFile(file, "", f"cannot be read: {reason(error)}", remedy) from error
    beginning = content[:_BEGINNING].lstrip()
    other = next((name for bytes_, name in _OTHERS.items() if beginning.startswith(bytes_)), None)
    if other is not None:
        raise BadSyntax(file, "", f"not a table but {other}", "Save or download the table as CSV.")
    for encoding in (_encoding(content), *(() if is_own else _OLD)):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    if "\0" in content.decode("latin-1"):
        raise BadSyntax(file, "", "not text", "Save or download the table as CSV.")
    raise BadEncoding(file, "", "not UTF-8 text", "Save the file as UTF-8.")


def _encoding(content: bytes) -> str:
    """Return what the byte order mark says, or where zeros stand if it is missing, else UTF-8."""
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return encoding
    zeros = [content[start:_BEGINNING:2].count(0) for start in (0, 1)]
    if max(zeros) > min(len(content), _BEGINNING) // 4 and min(zeros) == 0:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    return "utf-8"
