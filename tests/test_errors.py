"""Errors are one line and help; files that cannot be read at all."""

from __future__ import annotations

import pytest

from sim.files import records
from sim.vocabulary import errors
from sim.vocabulary.errors import InputError, nearest, quoted
from workshop import Workshop, says


def test_the_line_of_the_guide() -> None:
    error = errors.UnknownName(
        "scenarios/osa.toml",
        "set.grants.osa_budgt",
        "no such parameter",
        nearest("grants.osa_budgt", ["grants.osa_budget", "grants.handover"]),
    )
    assert str(error) == (
        "scenarios/osa.toml: set.grants.osa_budgt: no such parameter. Did you mean grants.osa_budget?"
    )


def test_the_value_stands_after_the_place_or_where_the_message_wants_it() -> None:
    assert str(InputError("a.toml", "x", "too large", "Try 1.", 7)) == "a.toml: x = 7: too large. Try 1."
    assert str(InputError("a.toml", "x", "no {value} here", value="y")) == 'a.toml: x: no "y" here.'
    assert str(InputError("", "x", "bad", "", 1)) == "x = 1: bad."


def test_an_error_is_one_line_whatever_the_value() -> None:
    assert "\n" not in str(InputError("a.toml", "x", "bad", "Mend it.", "two\nlines"))
    assert len(quoted("long" * 100)) <= 80


def test_every_error_is_a_sim_error() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, Exception)]
    assert len(kinds) > 12
    assert all(issubclass(kind, errors.SimError | errors.SimWarning) for kind in kinds)


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("handovr", "Did you mean handover?"),
        ("HANDOVER", "Did you mean handover?"),
        ("zzz", "Known names: budget, handover."),
    ],
)
def test_nearest(name: str, remedy: str) -> None:
    assert nearest(name, ["budget", "handover"]) == remedy


def test_nearest_keeps_long_lists_short() -> None:
    assert nearest("zzz", [f"a{i}" for i in range(100)]).endswith("and 88 more.")
    assert nearest("zzz", [], "cases") == "There are no cases to choose from."


@pytest.mark.parametrize("value", [True, 1.5, "text", [1, "a"], {"uniform": [0.0, 1.0]}])
def test_values_are_quoted_as_toml_writes_them(value: object) -> None:
    import tomllib

    assert tomllib.loads(f"x = {quoted(value)}")["x"] == value


@pytest.mark.parametrize(
    ("text", "kind", "place", "remedy", "value"),
    [
        ("a = 1\na = 2\n", errors.DuplicateKey, "line 2: a", "Keep one", None),
        ("[a]\nx = 1\n[b]\n[a]\n", errors.DuplicateKey, "line 4: a", "Keep one", None),
        ("a = { b = 1, b = 2 }\n", errors.DuplicateKey, "line 1: b", "Keep one", None),
        ("a = 1\nb 2\n", errors.BadSyntax, "line 2", "key = value", "b 2"),
        ("at = 2026-Q1\n", errors.BadSyntax, "line 1", 'at = "2027-Q1"', "at = 2026-Q1"),
        ("a = [1,\n", errors.BadSyntax, "line 1", "key = value", "a = [1,"),
        (b"a = 1\nb = '\xff'\n", errors.BadEncoding, "line 2", "Save the file as UTF-8", None),
    ],
)
def test_bad_files(
    workshop: Workshop, text: str | bytes, kind: type[InputError], place: str, remedy: str, value: object
) -> None:
    name = workshop.write("bad.toml", text)
    with pytest.raises(kind) as caught:
        records.read_toml(name)
    says(caught.value, "bad.toml", place, remedy, value)


def test_missing_file(workshop: Workshop) -> None:
    with pytest.raises(errors.MissingFile) as caught:
        records.read_toml(workshop.folder / "absent.toml")
    says(caught.value, "absent.toml", "", "Check the name")
    with pytest.raises(errors.MissingFile, match=r"generic: cannot be read: is a directory"):
        records.read_toml("generic")


def test_a_byte_order_mark_and_foreign_line_ends_are_no_mistake(workshop: Workshop) -> None:
    name = workshop.write("dos.toml", b"\xef\xbb\xbfa = 1\r\nb = 2\r\n")
    assert records.read_toml(name) == {"a": 1, "b": 2}


def test_who_reads_a_file_again_has_a_copy_of_their_own(workshop: Workshop) -> None:
    name = workshop.write("t.toml", "[a]\nb = [1]\n")
    records.read_toml(name)["a"]["b"].append(2)
    assert records.read_toml(name) == {"a": {"b": [1]}}
    workshop.write(name, "[a]\nb = [3]\n")
    assert records.read_toml(name) == {"a": {"b": [3]}}


def test_paths_are_shown_from_the_working_directory(workshop: Workshop) -> None:
    assert records.shown(workshop.folder / "x" / "a.toml") == "x/a.toml"
    assert records.shown("x/../a.toml") == "a.toml"
    assert records.shown("/elsewhere/a.toml") == "/elsewhere/a.toml"


@pytest.mark.parametrize("text", ["a = 1" + "0" * 5000, "a = " + "[" * 5000])
def test_monstrous_files_are_refused_like_any_other(workshop: Workshop, text: str) -> None:
    name = workshop.write("monster.toml", text)
    with pytest.raises(errors.BadSyntax) as caught:
        records.read_toml(name)
    assert len(str(caught.value)) < 400
