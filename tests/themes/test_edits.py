from __future__ import annotations

import pytest

from convintel.themes import read_edits
from convintel.themes.edits import wishes
from convintel.themes.registry import Registry, Theme

HEAD = "theme_id,label,name,merge_into,show\n"


def a_theme(number, kind="objection", **more):
    return Theme(f"T{number:04d}", kind, f"label {number}", (1.0, 0.0), 0.5, 1.0, "2026-W40", {"a": "2026-W40"}, **more)


REGISTRY = Registry(
    "x", 9, (a_theme(1), a_theme(2), a_theme(3), a_theme(4, "question"), a_theme(5, into="T0001"), a_theme(6))
)


def wished(tmp_path, *lines):
    (tmp_path / "themes.csv").write_text(HEAD + "\n".join(lines), encoding="utf-8-sig")
    return wishes(read_edits(tmp_path / "themes.csv"), REGISTRY)


def test_names_merges_pins_and_hidden_ones(tmp_path):
    found = wished(
        tmp_path,
        "T0001,Label 1,Monthly price,,pin",
        "t0002,,,T0001,",
        "T0003,label 3,,t0002,",
        "T0006,,,,HIDE",
    )
    assert found.names == {"T0001": "Monthly price"}
    assert found.into == {"T0002": "T0001", "T0003": "T0001"}  # chains are followed
    assert (found.pinned, found.hidden) == ({"T0001"}, {"T0006"})
    assert found.unused == ()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("T0099,,x,,", "there is no theme T0099"),
        ("T0001,something else,x,,", "T0001 is 'label 1', not 'something else'"),
        ("T0005,,x,,", "has become part of T0001"),
        ("T0001,,,T0099,", "no theme T0099 to merge into"),
        ("T0001,,,T0004,", "T0001 is about objections and T0004 about questions"),
        ("T0001,,,T0001,", "merged into itself"),
        ("T0001,,,,maybe", "show 'maybe' is not known"),
    ],
)
def test_rows_that_cannot_be_used_are_listed_with_their_line(tmp_path, line, what):
    found = wished(tmp_path, line, "T0002,,ok,,")
    unused = [*found.unused, *read_edits(tmp_path / "themes.csv").unused]
    assert [(row["source"], row["row"]) for row in unused] == [("themes.csv", 2)]
    assert what in unused[0]["what"]
    assert found.names == {"T0002": "ok"}


def test_merges_that_go_round_are_not_made(tmp_path):
    found = wished(tmp_path, "T0001,,,T0002,", "T0002,,,T0001,", "T0003,,,T0001,")
    assert found.into == {}
    assert len(found.unused) == 3


def test_the_first_of_two_rows_counts(tmp_path):
    edits = read_edits(tmp_path / "none.csv")
    assert edits.lines == ()
    found = wished(tmp_path, "T0001,,one,,", "T0001,,two,,")
    assert found.names == {"T0001": "one"}
