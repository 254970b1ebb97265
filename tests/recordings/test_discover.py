import json
import os
import sys

import pytest

from convintel.recordings import discover
from convintel.recordings.discover import scan

TURNS = {"turns": [{"role": "rep", "start": 0, "end": 1, "text": "Hello."}]}


def put(inbox, *names, content=b"x"):
    for name in names:
        path = inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


def names(inbox):
    return [(one.relative, one.kind) for one in discover(inbox)]


def test_recordings_and_transcripts_at_any_depth_sorted(tmp_path):
    put(tmp_path, "b.WAV", "a/x/y.mp3", "a/Ünï ☎ %20.m4a", "call v1.2.opus", "meeting.mp4", "z.vtt", "z2.srt")
    put(tmp_path, "gong.json", content={"transcript": []})
    put(tmp_path, "whisperx.json", content={"segments": []})
    put(tmp_path, "plain.json", content=TURNS)
    expected = ["a/x/y.mp3", "a/Ünï ☎ %20.m4a", "b.WAV", "call v1.2.opus", "gong.json", "meeting.mp4"]
    expected += ["plain.json", "whisperx.json", "z.vtt", "z2.srt"]
    assert [name for name, _ in names(tmp_path)] == sorted(expected)
    kinds = dict(names(tmp_path))
    assert kinds["gong.json"] == kinds["z2.srt"] == "transcript"
    assert kinds["meeting.mp4"] == "recording"
    assert scan(tmp_path).notes == ()
    assert discover(tmp_path)[0].size == 1


def test_hidden_unfinished_and_reference_files_are_passed_over(tmp_path):
    put(tmp_path, ".a.wav", ".git/a.wav", "a.wav.part", "a.tmp", "a.mp3~", "~$a.mp3", "b.crdownload", "__MACOSX/c.wav")
    put(tmp_path, "a.rttm", "a.txt", "a.reference.json")
    assert scan(tmp_path) == scan(tmp_path / "absent")


def test_sidecars_and_companions_are_no_calls(tmp_path):
    put(tmp_path, "a.mp3", "a.vtt", "GMT20261028-150000_Recording.m4a", "GMT20261028-150000_Recording.transcript.vtt")
    put(tmp_path, "a.json", "b.mp3.json", content=TURNS)
    put(tmp_path, "b.mp3", "c.vtt", "c.srt")
    put(tmp_path, "c.json", content={"rep_email": "a@b.example"})
    assert [name for name, _ in names(tmp_path)] == ["GMT20261028-150000_Recording.m4a", "a.mp3", "b.mp3", "c.vtt"]
    notes = {note.relative: note.what for note in scan(tmp_path).notes}
    assert set(notes) == {"a.vtt", "c.srt", "GMT20261028-150000_Recording.transcript.vtt"}
    assert "a.mp3" in notes["a.vtt"]


def test_same_stem_in_another_folder_is_another_call(tmp_path):
    put(tmp_path, "x/a.mp3", "y/a.vtt")
    assert [name for name, _ in names(tmp_path)] == ["x/a.mp3", "y/a.vtt"]


def test_json_that_is_neither_is_noted(tmp_path):
    put(tmp_path, "facts.json", content={"rep_email": "a@b.example"})
    put(tmp_path, "broken.json", content=b'{"turns": [')
    put(tmp_path, "number.json", content=b"17")
    put(tmp_path, "deep.json", content=b"[" * 100_000)
    put(tmp_path, "notes.docx")
    assert discover(tmp_path) == []
    assert {note.relative: note.severity for note in scan(tmp_path).notes} == {
        "facts.json": "note",
        "number.json": "note",
        "broken.json": "set aside",
        "deep.json": "set aside",
        "notes.docx": "note",
    }


def test_no_link_leads_out_of_the_inbox(tmp_path):
    inbox, outside = tmp_path / "inbox", tmp_path / "private"
    put(outside, "secret.wav", "deep/secret.mp3")
    put(inbox, "own.wav")
    (inbox / "file.wav").symlink_to(outside / "secret.wav")
    (inbox / "folder").symlink_to(outside)
    (inbox / "nothing.wav").symlink_to(inbox / "absent.wav")
    (inbox / "again.wav").symlink_to(inbox / "own.wav")
    (inbox / "loop").symlink_to(inbox)
    os.mkfifo(inbox / "pipe.wav")
    assert [name for name, _ in names(inbox)] == ["again.wav", "own.wav"]
    refused = {note.relative for note in scan(inbox).notes if note.severity == "set aside"}
    assert refused == {"file.wav", "folder", "nothing.wav", "pipe.wav"}


def test_a_name_that_is_not_utf8_is_set_aside(tmp_path):
    try:
        with open(os.fsencode(tmp_path) + b"/caf\xe9.wav", "wb"):  # noqa: PTH123 - bytes on purpose
            pass
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert discover(tmp_path) == []
    assert "rename" in scan(tmp_path).notes[0].remedy


def test_names_with_control_characters_are_set_aside_and_shown_written_out(tmp_path):
    put(tmp_path, "two\nlines.wav", "\x1b[31mred/a.wav", "bell\x07.json", "tab\t.vtt", "fine ☎\u202e.wav")
    assert [name for name, _ in names(tmp_path)] == ["fine ☎\u202e.wav"]
    notes = {note.relative: note.what for note in scan(tmp_path).notes}
    assert set(notes) == {"two\\nlines.wav", "\\x1b[31mred/a.wav", "bell\\x07.json", "tab\\t.vtt"}
    assert all("control characters" in what for what in notes.values())


def test_names_as_long_as_they_can_be(tmp_path):
    put(tmp_path, "x" * 251 + ".wav", "é" * 125 + ".vtt", "/".join(["d" * 250] * 4) + "/a.wav")
    assert len(discover(tmp_path)) == 3
    assert all(one.beside == () for one in discover(tmp_path))


def test_which_json_files_say_more_about_a_recording(tmp_path):
    put(tmp_path, "a.mp3", "b.transcript.vtt", "c.wav")
    put(tmp_path, "a.json", "a.mp3.json", "b.json", "c.JSON", "c.reference.json", content={"title": "x"})
    assert {one.relative: one.beside for one in discover(tmp_path)} == {
        "a.mp3": ("a.json", "a.mp3.json"),
        "b.transcript.vtt": ("b.json",),
        "c.wav": ("c.JSON",),
    }


def test_a_done_file_beside_says_that_a_recording_is_complete(tmp_path):
    put(tmp_path, "a.wav", "a.wav.done", "b.wav", "b.done", "c.wav", "d.vtt", "e.done")
    assert {one.relative for one in discover(tmp_path) if one.done} == {"a.wav", "b.wav"}
    assert scan(tmp_path).notes == ()


def test_a_file_that_vanishes_while_one_looks_is_passed_over(tmp_path, monkeypatch):
    put(tmp_path, "a.wav", "b.wav")
    module = sys.modules["convintel.recordings.discover"]  # the package has a function of this name
    walk = module._walk

    def vanishing(*given):
        for entry in walk(*given):
            (tmp_path / "a.wav").unlink(missing_ok=True)
            yield entry

    monkeypatch.setattr(module, "_walk", vanishing)
    assert [name for name, _ in names(tmp_path)] == ["b.wav"]
    assert scan(tmp_path).notes == ()
