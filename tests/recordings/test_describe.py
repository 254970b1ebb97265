import hashlib
import json
from datetime import UTC, date, datetime

import pytest

from convintel.errors import SettingsError
from convintel.recordings import Rep, describe, discover
from convintel.settings import Settings, load

REPS = (
    "rep_email,name,team,aliases,started_at,voice_consent\n"
    "Maya@acme.example,Maya Lindqvist,North,ML; Lindqvist,2024-03-04,yes\n"
    "tom@acme.example,Tom Okafor,,TomO,,\n"
)
HEADER = "file,started_at,rep_email,customer_name,customer_phone,account,direction,consent,call_type\n"
WORDS = {"transcript": [{"speakerId": "1", "sentences": []}]}


@pytest.fixture
def acme(tmp_path):
    """Return a workspace and a function that puts a file into it."""

    def put(name, content=None):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            content = json.dumps(content)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(name.encode() if data is None else data)
        return tmp_path

    put("reps.csv", REPS)
    return put


def told(workspace, settings=None, *, reverse=False):
    """Return call rows by path, complaints as (source, row, severity, text), and the reps."""
    found = discover(workspace / "inbox")
    pairs = [(one, hashlib.sha256(one.path.read_bytes()).hexdigest()[:16]) for one in found]
    settings = settings or Settings(company={"timezone": "America/Chicago"})
    described = describe(pairs[::-1] if reverse else pairs, workspace=workspace, settings=settings)
    calls = {row["path"]: {**row, "origins": json.loads(row["origins"])} for row in described.calls.to_dicts()}
    unused = [(row["source"], row["row"], row["severity"], row["what"]) for row in described.unused.to_dicts()]
    assert all(row["remedy"] for row in described.unused.to_dicts())
    return calls, unused, described.reps


def test_each_field_comes_from_the_most_trusted_source_that_has_it(acme):
    acme("inbox/Tom Okafor/Auto_GUID_7_AGENT_TomO_DT_2026-10-20T09-30-00.wav")
    name = "Tom Okafor/Auto_GUID_7_AGENT_TomO_DT_2026-10-20T09-30-00"
    row = f"{name}.wav,2026-10-21 10:00,,Ann from the table,312 555 0142,Acme,outgoing,verbal,Follow-up\n"
    acme("calls.csv", HEADER + row)
    sidecar = {
        "started_at": "2026-10-22T15:00:00+02:00",
        "customer_name": "Ann",
        "channels": {"left": "customer", "right": "rep"},
    }
    calls, unused, _ = told(acme(f"inbox/{name}.json", sidecar))
    call = calls[f"{name}.wav"]
    assert call["started_at"] == datetime(2026, 10, 22, 13, tzinfo=UTC)
    assert (call["utc_offset_min"], call["week"]) == (120, "2026-W43")
    assert (call["customer_name"], call["customer_phone"]) == ("Ann", "+13125550142")
    assert (call["direction"], call["consent"], call["call_type"]) == ("outbound", "verbal", "follow_up")
    assert (call["rep"], call["rep_name"], call["channel_roles"]) == ("tom@acme.example", "Tom Okafor", "customer,rep")
    assert call["origins"] == {
        "started_at": "sidecar",
        "customer_name": "sidecar",
        "channel_roles": "sidecar",
        "customer_phone": "calls.csv",
        "country": "phone",
        "account": "calls.csv",
        "direction": "calls.csv",
        "consent": "calls.csv",
        "call_type": "calls.csv",
        "rep": "file name",
    }
    assert call["deal_id"] is call["title"] is call["language"] is None
    assert unused == []


def test_half_characters_of_a_sidecar_do_not_stop_the_run(acme):
    acme("inbox/a.wav")
    workspace = acme("inbox/a.json", r'{"account": "Acme \ud800", "started_at": "2026-10-20T09:30:00Z"}')
    calls, _, _ = told(workspace)
    assert calls["a.wav"]["account"] == "Acme ?"


@pytest.mark.parametrize(
    ("name", "at", "more"),
    [
        ("GMT20241028-150000_Recording.m4a", datetime(2024, 10, 28, 15, tzinfo=UTC), {}),
        ("GMT20221115-181507_8812_VideoRecording.mp3", datetime(2022, 11, 15, 18, 15, 7, tzinfo=UTC), {}),
        (
            "Intro, Acme-20261027_150512UTC-Meeting Recording.mp4",
            datetime(2026, 10, 27, 15, 5, 12, tzinfo=UTC),
            {"title": "Intro, Acme"},
        ),
        (
            "Intro-20261027_150512-Meeting Recording.mp4",
            datetime(2026, 10, 27, 20, 5, 12, tzinfo=UTC),
            {"title": "Intro"},
        ),
        (
            "A_GUID_1_AGENT_ML_DT_2026-10-27T09-30-00_Mono.wav",
            datetime(2026, 10, 27, 14, 30, tzinfo=UTC),
            {"rep": "maya@acme.example"},
        ),
        ("2026-10-27 09.30 Acme.wav", datetime(2026, 10, 27, 14, 30, tzinfo=UTC), {}),
    ],
)
def test_built_in_name_patterns(acme, name, at, more):
    calls, _, _ = told(acme(f"inbox/{name}"))
    call = calls[name]
    assert call["started_at"] == at
    assert call["utc_offset_min"] in (-300, -360)  # the company's clock, also where the stamp is in UTC
    assert {key: call[key] for key in more} == more
    assert call["origins"]["started_at"] == "file name"


def test_folder_of_a_local_zoom_recording_and_of_a_rep(acme):
    folder = "maya lindqvist/2026-10-27 09.30.00 Acme and us 98796876123"
    calls, _, _ = told(acme(f"inbox/{folder}/audio98796876.m4a"))
    (call,) = calls.values()
    assert (call["rep"], call["title"]) == ("maya@acme.example", "Acme and us")
    assert call["started_at"] == datetime(2026, 10, 27, 14, 30, tzinfo=UTC)
    assert set(call["origins"].values()) == {"folder"}


def test_own_name_patterns_come_first_and_wrong_ones_are_refused(acme):
    pattern = r"^(?P<rep>\w+)--(?P<customer>\w+)--(?P<date>\d{8})(?P<time>\d{4})"
    settings = Settings(recordings={"name_patterns": [pattern]})
    acme("inbox/TomO--Ann--202610270930.wav")
    calls, unused, _ = told(acme("inbox/TomO--Ann--202613320930.wav"), settings)
    good = calls["TomO--Ann--202610270930.wav"]
    assert (good["rep"], good["customer_name"], good["week"]) == ("tom@acme.example", "Ann", "2026-W44")
    bad = calls["TomO--Ann--202613320930.wav"]
    assert bad["started_at"] is None
    assert any("not a date" in what for source, _, _, what in unused if source.endswith("202613320930.wav"))
    for wrong in ("(", "(?P<colour>.)", "no groups"):
        workspace = acme("convintel.toml", f"[recordings]\nname_patterns = ['{wrong}']\n")
        with pytest.raises(SettingsError, match="name_patterns"):
            load(workspace)


def test_what_nobody_says_stays_null_and_is_listed(acme):
    calls, unused, _ = told(acme("inbox/call.wav"))
    call = calls["call.wav"]
    assert all(call[key] is None for key in ("started_at", "utc_offset_min", "week", "rep", "rep_name", "direction"))
    assert (call["consent"], call["origins"]) == ("unknown", {})
    assert {(source, severity) for source, _, severity, _ in unused} == {("inbox/call.wav", "partly used")}
    assert sorted(what.split(",")[0] for *_, what in unused) == [
        "nobody says when the call was",
        "nobody says who the rep is",
    ]


def test_the_week_is_that_of_the_local_date(acme):
    acme("inbox/late.wav")
    calls, _, _ = told(acme("calls.csv", HEADER + "late.wav,2026-11-02T03:30:00Z,TomO\n"))
    assert calls["late.wav"]["week"] == "2026-W44"  # Sunday evening in Chicago, Monday in UTC
    calls, _, _ = told(acme("calls.csv", HEADER + "late.wav,2026-11-02T03:30:00+03:00,TomO\n"))
    assert calls["late.wav"]["week"] == "2026-W45"


def test_a_day_without_an_hour_is_noted(acme):
    acme("inbox/a.wav")
    calls, unused, _ = told(acme("calls.csv", HEADER + "a.wav,2026-10-27,TomO\n"))
    assert calls["a.wav"]["started_at"] == datetime(2026, 10, 27, 17, tzinfo=UTC)
    assert [(severity, "day" in what) for _, _, severity, what in unused] == [("note", True)]


def test_wrong_rows_of_calls_csv_are_listed_with_their_line(acme):
    acme("inbox/a.wav")
    acme("inbox/b/c.wav")
    acme("inbox/d/c.wav")
    rows = [
        "a.wav,31/10/2026,maya@acme.example,Ann,123,,sideways,perhaps,chat",
        "gone.wav,2026-10-27T09:00,tom@acme.example",
        ",2026-10-27T09:00,tom@acme.example",
        "a.wav,2026-10-27T09:00,tom@acme.example",
        "c.wav,2026-10-27T09:00,tom@acme.example",
        "b\\c.wav,2026-10-27T09:00,nobody@acme.example",
        "d/c.wav,0026-10-27T09:00,tom@acme.example,a,b,c,d,e,f,too many",
    ]
    calls, unused, _ = told(acme("calls.csv", HEADER + "\n".join(rows)))
    call = calls["a.wav"]
    assert (call["rep"], call["customer_name"]) == ("maya@acme.example", "Ann")
    assert call["started_at"] is call["direction"] is call["customer_phone"] is call["call_type"] is None
    listed = [(row, severity) for source, row, severity, _ in unused if source == "calls.csv"]
    assert listed == [(2, "partly used")] * 5 + [(3, "set aside"), (4, "set aside"), (5, "set aside")] + [
        (6, "set aside"),
        (7, "partly used"),
        (8, "set aside"),
    ]
    assert calls["b/c.wav"]["started_at"] is not None
    assert calls["b/c.wav"]["rep"] is None


def test_calls_csv_as_a_spreadsheet_writes_it(acme):
    acme("inbox/übung.wav")
    text = '\ufeffFile;Started at;REP-EMAIL;Title;Colour\n\n"übung.wav";27/10/2026 09:30;ml;"one;\ntwo";red\n'
    workspace = acme("calls.csv", text.replace("\n", "\r\n"))
    settings = Settings(company={"timezone": "Europe/Madrid"}, recordings={"date_format": "%d/%m/%Y %H:%M"})
    calls, unused, _ = told(workspace, settings)
    call = calls["übung.wav"]
    assert (call["rep"], call["title"]) == ("maya@acme.example", "one; two")
    assert call["started_at"] == datetime(2026, 10, 27, 8, 30, tzinfo=UTC)
    assert [what for *_, what in unused] == ["column colour is not read"]
    (workspace / "calls.csv").write_bytes(text.encode("utf-16"))
    assert told(workspace, settings)[0] == calls


@pytest.mark.parametrize("content", [b"name,when\na.wav,2026\n", b"file\n\xff\xfa\n", b"", b"\x00\x01\x02"])
def test_malformed_calls_csv_never_stops_the_rest(acme, content):
    acme("inbox/a.wav")
    workspace = acme("calls.csv", content)
    calls, unused, _ = told(workspace)
    assert set(calls) == {"a.wav"}
    assert any(source == "calls.csv" for source, *_ in unused)


def test_broken_sidecar_is_listed_and_the_call_goes_on(acme):
    for name in ("a", "b", "c"):
        acme(f"inbox/{name}_AGENT_TomO_DT_2026-10-27T09-30-00.wav")
    acme("inbox/a_AGENT_TomO_DT_2026-10-27T09-30-00.json", '{"rep_email": ')
    acme("inbox/b_AGENT_TomO_DT_2026-10-27T09-30-00.json", "[1, 2]")
    wrong = {
        "started_at": 17,
        "rep_email": ["x"],
        "direction": True,
        "channels": {"left": "rep"},
        "customer_name": None,
    }
    calls, unused, _ = told(acme("inbox/c_AGENT_TomO_DT_2026-10-27T09-30-00.json", wrong))
    assert [call["rep"] for call in calls.values()] == ["tom@acme.example", "tom@acme.example", None]
    assert all(call["week"] == "2026-W44" for call in calls.values())
    counts = {letter: sum(source.startswith(f"inbox/{letter}_") for source, *_ in unused) for letter in "abc"}
    assert counts == {"a": 1, "b": 2, "c": 4}  # b also begins in the same second as a


GONG = {
    "metaData": {
        "id": "1",
        "started": "2026-10-27T14:30:00Z",
        "direction": "Conference",
        "language": "eng",
        "primaryUserId": "77",
    },
    "parties": [
        {"name": "Somebody", "affiliation": "Internal", "speakerId": "9"},
        {"name": "Tom Okafor", "affiliation": "Internal", "speakerId": "77", "userId": "77"},
        {
            "name": "Ann Lee",
            "emailAddress": "Ann@Customer.example",
            "phoneNumber": "+1 312 555 0142",
            "affiliation": "External",
        },
    ],
    **WORDS,
}


def test_gong_and_plain_json_speak_for_themselves(acme):
    acme("inbox/gong.json", GONG)
    acme("inbox/plain.json", {"turns": [], "started_at": "2026-10-28T09:00", "rep_email": "ML", "customer_name": "Bo"})
    acme("calls.csv", HEADER + "gong.json,2020-01-01T00:00,maya@acme.example,,,Lee Ltd\n")
    calls, unused, _ = told(acme("inbox/call.wav.json", GONG | {"title": "one"}))
    gong = calls["gong.json"]
    assert (gong["kind"], gong["rep"], gong["direction"], gong["language"]) == (
        "transcript",
        "tom@acme.example",
        "meeting",
        "en",
    )
    assert (gong["customer_name"], gong["customer_email"], gong["account"]) == (
        "Ann Lee",
        "ann@customer.example",
        "Lee Ltd",
    )
    assert (gong["customer_phone"], gong["week"]) == ("+13125550142", "2026-W44")
    assert gong["origins"]["started_at"] == gong["origins"]["rep"] == "transcript"
    assert (gong["origins"]["account"], gong["channel_roles"]) == ("calls.csv", None)
    assert (calls["plain.json"]["rep"], calls["plain.json"]["customer_name"]) == ("maya@acme.example", "Bo")
    assert any("same second" in what for *_, what in unused)  # the same call exported twice


def test_several_of_ours_without_a_primary_user_name_nobody(acme):
    parties = [{"name": name, "affiliation": "Internal"} for name in ("Maya Lindqvist", "Tom Okafor")]
    calls, unused, _ = told(acme("inbox/gong.json", {"metaData": {}, "parties": parties, **WORDS}))
    assert calls["gong.json"]["rep"] is None
    assert any("rep" in what for *_, what in unused)


def test_same_bytes_are_one_call_and_the_better_described_file_is_kept(acme):
    acme("inbox/a.wav", b"same")
    acme("inbox/b.wav", b"same")
    workspace = acme("inbox/c.wav", b"same")
    calls, unused, _ = told(workspace)
    assert set(calls) == {"a.wav"}
    assert [(source, what.split(",")[0]) for source, _, severity, what in unused if severity == "set aside"] == [
        ("inbox/b.wav", "the same bytes as inbox/a.wav"),
        ("inbox/c.wav", "the same bytes as inbox/a.wav"),
    ]
    acme("inbox/c.json", {"rep_email": "tom@acme.example"})
    calls, unused, _ = told(workspace)
    assert set(calls) == {"c.wav"}
    assert calls["c.wav"]["rep"] == "tom@acme.example"


def test_unknown_rep_is_not_replaced_by_a_less_trusted_source(acme):
    acme("inbox/x_AGENT_TomO_DT_2026-10-27T09-30-00.wav")
    workspace = acme("inbox/x_AGENT_TomO_DT_2026-10-27T09-30-00.json", {"rep_email": "new@acme.example"})
    calls, unused, reps = told(workspace)
    assert [call["rep"] for call in calls.values()] == [None]
    assert [(source, severity) for source, _, severity, _ in unused] == [
        ("inbox/x_AGENT_TomO_DT_2026-10-27T09-30-00.json", "partly used")
    ]
    assert reps[0] == Rep("maya@acme.example", "Maya Lindqvist", "North", ("ML", "Lindqvist"), date(2024, 3, 4), True)
    assert reps[1] == Rep("tom@acme.example", "Tom Okafor", None, ("TomO",))
    (workspace / "reps.csv").unlink()  # without a roster an address is taken at its word
    calls, unused, reps = told(workspace)
    assert [call["rep"] for call in calls.values()] == ["new@acme.example"]
    assert (unused, reps) == ([], (Rep("new@acme.example", "new@acme.example"),))


def test_wrong_rows_of_reps_csv(acme):
    rows = "\ufeffrep email;NAME;aliases;started_at;voice_consent\nann@acme.example;Ann;A1;soon;maybe\n"
    rows += "ann@acme.example;Ann Two;;;\n;Nobody;;;\nbo@acme.example;;A1;;Yes\n"
    acme("inbox/a.wav")
    acme("calls.csv", HEADER + "a.wav,2026-10-27T09:00,a1\n")
    calls, unused, reps = told(acme("reps.csv", rows))
    assert reps == (
        Rep("ann@acme.example", "Ann", None, ("A1",)),
        Rep("bo@acme.example", "bo@acme.example", None, ("A1",), None, True),
    )
    assert calls["a.wav"]["rep"] is None  # A1 names two
    assert [row for source, row, *_ in unused if source == "reps.csv"] == [None, 2, 2, 3, 4]


def test_tags_are_the_last_resort_and_said_so(acme, write, sound):
    workspace = acme("inbox/x.txt")
    how = (16_000, "aac", "fltp", "mono")
    tags = {"creation_time": "2026-10-27T15:05:12Z"}
    write(workspace / "inbox" / "call.m4a", [sound(1, 16_000, 1)], *how, tags=tags)
    write(workspace / "inbox" / "GMT20241028-150000_x.m4a", [sound(1, 16_000, 1, seed=1)], *how, tags=tags)
    calls, unused, _ = told(workspace)
    assert calls["call.m4a"]["origins"] == {"started_at": "tags"}
    assert calls["call.m4a"]["week"] == "2026-W44"
    assert ("note", True) in [(severity, "tag" in what) for source, _, severity, what in unused if "call" in source]
    assert calls["GMT20241028-150000_x.m4a"]["week"] == "2024-W44"


def test_channels_of_the_settings_stand_in_for_recordings_only(acme):
    acme("inbox/a.wav")
    acme("inbox/b.wav")
    acme("inbox/b.json", {"channels": ["customer", "rep"]})
    settings = Settings(recordings={"channels": ["rep", "customer"]})
    calls, _, _ = told(acme("inbox/c.vtt"), settings)
    assert [call["channel_roles"] for call in calls.values()] == ["rep,customer", "customer,rep", None]
    assert calls["a.wav"]["origins"] == {"channel_roles": "settings"}


def test_the_order_of_files_and_their_times_change_nothing(acme):
    for name in ("a_AGENT_ML_DT_2026-10-27T09-30-00.wav", "b.wav", "z/c.vtt", "z/d.json"):
        acme(f"inbox/{name}", GONG if name.endswith("json") else None)
    workspace = acme("inbox/odd.docx")
    before = told(workspace)
    for path in (workspace / "inbox").rglob("*.*"):
        path.touch()
    assert told(workspace, reverse=True) == before


def test_an_empty_inbox_is_no_error(acme):
    workspace = acme("calls.csv", HEADER + "a.wav,2026-10-27T09:00,ML\n")
    calls, unused, _ = told(workspace)
    assert calls == {}
    assert [row for _, row, *_ in unused] == [2]


def test_a_folder_may_have_a_channel_map_of_its_own_and_the_innermost_wins(acme):
    for name in ("inbox/a.wav", "inbox/dialer/b.wav", "inbox/dialer/old/c.wav", "inbox/dialers/d.wav"):
        acme(name)
    acme("inbox/dialer/old/e.wav")
    workspace = acme("inbox/dialer/old/e.json", {"channels": {"left": "customer", "right": "rep"}})
    maps = {"dialer": ("customer", "rep"), "dialer/old/": ("rep", "customer")}
    calls, _, _ = told(workspace, Settings(recordings={"channel_maps": maps}))
    assert {path: call["channel_roles"] for path, call in calls.items()} == {
        "a.wav": None,
        "dialer/b.wav": "customer,rep",
        "dialer/old/c.wav": "rep,customer",
        "dialer/old/e.wav": "customer,rep",
        "dialers/d.wav": None,
    }
