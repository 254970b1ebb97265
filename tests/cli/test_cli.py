"""The command line as a user meets it: real processes, exit codes, what is printed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    "init",
    "demo",
    "check",
    "run",
    "report",
    "search",
    "export",
    "forget",
    "models",
    "evaluate",
    "serve",
    "explain",
    "send",
)


def convintel(*arguments, expect=0):
    command = [sys.executable, "-m", "convintel", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout if expect == 0 else done.stderr


def test_help_names_every_command():
    text = convintel("--help")
    assert all(command in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command):
    assert "Usage: convintel" in convintel(command, "--help")


def test_help_imports_nothing_heavy():
    code = (
        "import sys; import convintel.cli; "
        "heavy = ('polars', 'prefect', 'torch', 'spacy', 'av', 'altair', 'numpy');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_init_makes_a_workspace_that_check_accepts(tmp_path):
    convintel("init", tmp_path / "acme")
    assert {path.name for path in (tmp_path / "acme").iterdir()} == {
        "inbox", "convintel.toml", "calls.csv", "reps.csv", "corrections.csv", "themes.csv"
    }  # fmt: skip
    assert "0 calls" in convintel("check", tmp_path / "acme")


def test_init_leaves_what_is_there(tmp_path):
    (tmp_path / "convintel.toml").write_text("# mine\n")
    convintel("init", tmp_path)
    assert (tmp_path / "convintel.toml").read_text() == "# mine\n"


def test_a_wrong_setting_exits_with_2_and_names_the_key(tmp_path):
    convintel("init", tmp_path)
    (tmp_path / "convintel.toml").write_text("[speech]\nmodle = 'x'\n")
    assert "unknown key 'speech.modle'" in convintel("check", tmp_path, expect=2)


def test_a_folder_that_is_no_workspace_exits_with_1_and_says_what_to_do(tmp_path):
    assert "convintel init" in convintel("run", tmp_path, expect=1)


def test_an_empty_workspace_says_that_there_is_nothing_to_report(tmp_path):
    convintel("init", tmp_path)
    assert "no call has a date" in convintel("run", tmp_path, "--no-prefect", expect=1)


def test_demo_refuses_a_folder_with_other_things_in_it(tmp_path):
    (tmp_path / "diary.txt").write_text("dear diary")
    assert "not empty" in convintel("demo", tmp_path, expect=1)


def test_run_search_and_forget(small_workspace):
    answer = json.loads(convintel("run", small_workspace, "--no-prefect", "--json"))
    assert answer["processed"] == 9
    hits = json.loads(convintel("search", small_workspace, "weeks", "--json"))
    assert hits
    assert all("[week" in hit["text"].lower() for hit in hits)
    victim = hits[0]["call_id"]
    said = convintel("forget", small_workspace, "--call", victim)
    assert f"removed {victim}: " in said
    assert "delete it there" in said
    left = json.loads(convintel("search", small_workspace, "weeks", "--json"))
    assert victim not in {hit["call_id"] for hit in left}
    again = json.loads(convintel("run", small_workspace, "--no-prefect", "--json"))
    assert (again["processed"], again["current"]) == (0, 8)
    traces = [path for path in small_workspace.rglob("*") if path.is_file() and victim.encode() in path.read_bytes()]
    # the ledger keeps the digest of the file as long as it lies in the inbox, to know it without reading it again
    assert {path.name for path in traces} <= {"forgotten.csv", "ledger.db"}


def test_export_writes_what_other_tools_read(small_workspace, tmp_path):
    assert "convintel run" in convintel("export", small_workspace, tmp_path / "out", expect=1)
    convintel("run", small_workspace, "--no-prefect")
    shown = json.loads(convintel("export", small_workspace, tmp_path / "out", "--format", "pca", "--json"))
    assert len(shown) == 9
    calls = {
        call["ConversationAnalytics"]["GUID"]: call for file in shown for call in [json.loads(Path(file).read_text())]
    }
    assert all(call["SpeechSegments"] for call in calls.values())
    labels = {
        label["DisplayText"] for call in calls.values() for label in call["ConversationAnalytics"]["SpeakerLabels"]
    }
    assert {"Agent", "Caller"} <= labels
    one = sorted(calls)[0]
    convintel("export", small_workspace, tmp_path / "one", "--call", one)
    assert [path.name for path in (tmp_path / "one").iterdir()] == [f"{one}.vtt"]
    assert "-->" in (tmp_path / "one" / f"{one}.vtt").read_text()
    assert "no processed call" in convintel("export", small_workspace, tmp_path / "one", "--call", "f" * 16, expect=1)


def test_models_are_listed_with_their_licence():
    rows = json.loads(convintel("models", "list", "--json"))
    assert {"whisper-base", "minilm"} <= {row["name"] for row in rows}
    assert all(row["licence"] for row in rows)


def test_models_verify_passes_on_what_was_pulled():
    assert "all digests are right" in convintel("models", "verify")
