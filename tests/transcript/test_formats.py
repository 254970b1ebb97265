"""Ready-made transcripts of other tools give the same words, speakers and times; what we write can be read again."""

import json

import polars as pl
import pytest

from convintel.errors import NoSpeechError, TranscriptFormatError
from convintel.settings import Settings
from convintel.tables import frame
from convintel.transcript import formats, read_transcript

CALL = "0123456789abcdef"


def read(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text if isinstance(text, str) else json.dumps(text), "utf-8")
    return read_transcript(CALL, file, Settings())


def test_webvtt_voices_entities_and_times(tmp_path):
    tables = read(
        tmp_path,
        "a.vtt",
        "WEBVTT\n\n00:00:01.250 --> 00:00:03.250\n<v Tom &amp; Co>Hello <b>there</b></v>\n\n"
        "00:04.000 --> 00:05.500\n<v Ann>Yes.</v>\n",
    )
    words = tables["words"]
    assert words["text"].to_list() == ["Hello", "there", "Yes."]
    assert words["track"].to_list() == ["Tom & Co", "Tom & Co", "Ann"]
    assert (words["start"][0], words["end"][1], words["end"][2]) == (1.25, 3.25, 5.5)
    assert tables["audio"].item(0, "word_timing") == "interpolated"
    assert tables["audio"].item(0, "layout") == "transcript"


def test_zoom_names_go_on_until_the_next_and_a_colon_alone_is_no_name(tmp_path):
    cues = ["Ann Lee: Hi there.", "And another thing: we grow.", "Tom: Good.", "Ann Lee: Fine."]
    body = "\n\n".join(f"{i}\n00:00:0{i}.000 --> 00:00:0{i}.900\n{text}" for i, text in enumerate(cues, 1))
    words = read(tmp_path, "zoom.vtt", f"WEBVTT\n\n{body}\n")["words"]
    assert words.filter(pl.col("text") == "Good.")["track"].to_list() == ["Tom"]
    assert "Ann Lee:" not in " ".join(words["text"])


def test_srt_with_byte_order_mark_and_windows_lines(tmp_path):
    words = read(tmp_path, "a.srt", "﻿1\r\n00:00:01,500 --> 00:00:02,500\r\nTom: Hello you\r\n")["words"]
    assert words["text"].to_list() == ["Hello", "you"]
    assert words["start"][0] == 1.5
    assert words["track"][0] == "Tom"


@pytest.mark.parametrize(("unit", "duration"), [(1000, 60), (1, 60), (1000, None), (1, None)])
def test_gong_in_milliseconds_or_seconds_knows_who_sells(tmp_path, unit, duration):
    end = 50 if duration else 45
    content = {
        "metaData": {"duration": duration, "primaryUserId": "1"},
        "parties": [
            {"name": "Rae", "affiliation": "Internal", "speakerId": "1"},
            {"name": "Cy", "affiliation": "External", "speakerId": "2"},
        ],
        "transcript": [
            {"speakerId": "1", "sentences": [{"start": 2 * unit, "end": 4 * unit, "text": "Hello Cy"}]},
            {"speakerId": "2", "sentences": [{"start": 5 * unit, "end": end * unit, "text": "Hello"}]},
        ],
    }
    words = read(tmp_path, "g.json", content)["words"]
    assert words["track"].to_list() == ["rep: Rae", "rep: Rae", "customer: Cy"]
    assert words["end"][-1] == end


def test_whisperx_keeps_word_times_and_fills_the_missing_ones(tmp_path):
    words = [
        {"word": "pay", "start": 1.0, "end": 1.2, "score": 0.9},
        {"word": "$50"},
        {"word": "now", "start": 2.0, "end": 2.2, "score": 0.8},
    ]
    tables = read(
        tmp_path,
        "w.json",
        {"segments": [{"start": 1, "end": 3, "text": "pay $50 now", "speaker": "S0", "words": words}]},
    )
    rows = tables["words"].rows(named=True)
    assert [(row["start"], row["end"]) for row in rows] == [(1.0, 1.2), (1.2, 2.0), (2.0, 2.2)]
    assert tables["audio"].item(0, "word_timing") == "measured"


def test_plain_json_roles_are_tracks(tmp_path):
    turns = [
        {"role": "rep", "speaker": "Al", "start": 0, "end": 1, "text": "Hi"},
        {"speaker": "Bo", "start": 1, "end": 2, "text": "Yo"},
    ]
    assert read(tmp_path, "p.json", {"turns": turns})["words"]["track"].to_list() == ["rep", "Bo"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.vtt", "hello"),
        ("a.json", "{"),
        ("b.json", "{}"),
        ("c.json", '{"turns": [{"start": 1}]}'),
        ("d.json", '{"turns": [{"start": 2, "end": 1, "text": "x"}]}'),
        ("e.json", '{"turns": [{"start": NaN, "end": 1, "text": "x"}]}'),
    ],
)
def test_what_cannot_be_read_says_so(tmp_path, name, text):
    with pytest.raises(TranscriptFormatError, match=name):
        read(tmp_path, name, text)


def test_an_empty_transcript_has_nobody_speaking(tmp_path):
    with pytest.raises(NoSpeechError):
        read(tmp_path, "a.json", {"turns": []})


def test_redaction_is_on_and_can_be_switched_off(tmp_path):
    turns = {"turns": [{"speaker": "a", "start": 0, "end": 4, "text": "Mail me: joe@acme.com"}]}
    assert read(tmp_path, "a.json", turns)["words"]["text"].to_list() == ["Mail", "me:", "[e-mail]"]
    kept = read_transcript(CALL, tmp_path / "a.json", Settings(privacy={"redact": False}))
    assert kept["words"]["text"].to_list()[-1] == "joe@acme.com"


@pytest.fixture
def turns():
    rows = [("0", "rep", 0.0, 3725.5, "What is <this> & that?"), ("1", "customer", 3726.0, 3727.25, "Nothing.")]
    return frame(
        "turns",
        [
            {"call_id": CALL, "turn": i, "speaker": s, "role": r, "start": a, "end": b, "text": t, "backchannel": False}
            for i, (s, r, a, b, t) in enumerate(rows)
        ],
    )


@pytest.mark.parametrize(("suffix", "write"), [(".vtt", formats.write_webvtt), (".srt", formats.write_srt)])
def test_what_we_write_reads_back(tmp_path, turns, suffix, write):
    words = read(tmp_path, f"out{suffix}", write(turns))["words"]
    assert " ".join(words["text"]) == "What is <this> & that? Nothing."
    assert words["track"].unique().sort().to_list() == ["Customer", "Rep"]
    assert words["end"].max() == 3727.25


def test_post_call_analytics_names_agent_and_caller(turns):
    words = frame(
        "words",
        [{"call_id": CALL, "start": 3726.0, "end": 3727.0, "text": "Nothing.", "probability": 0.9, "track": "1"}],
    )
    talk = frame("talk", [{"call_id": CALL, "speaker": "0", "role": "rep", "start": 0.0, "end": 10.0}])
    out = formats.write_pca({"call_id": CALL}, turns, words, talk, seconds=3730.0)
    labels = out["ConversationAnalytics"]["SpeakerLabels"]
    assert labels == [{"Speaker": "spk_0", "DisplayText": "Agent"}, {"Speaker": "spk_1", "DisplayText": "Caller"}]
    assert out["SpeechSegments"][1]["WordConfidence"][0]["Text"] == "Nothing."
    assert out["ConversationAnalytics"]["SpeakerTime"]["spk_0"]["TotalTimeSecs"] == 10.0
    json.dumps(out)
