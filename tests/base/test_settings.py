import pickle
import re

import pytest

from convintel.cli.scaffold import commented_settings
from convintel.errors import SettingsError, WorkspaceError
from convintel.settings import Settings, load


def write(folder, text):
    (folder / "convintel.toml").write_text(text)
    return folder


def test_an_empty_file_means_the_defaults(tmp_path):
    assert load(write(tmp_path, "")) == Settings()


def test_unknown_keys_and_bad_values_are_each_named(tmp_path):
    with pytest.raises(SettingsError) as caught:
        load(write(tmp_path, '[company]\nnme = "x"\ntimezone = "Mars"\n[speach]\nmodel = "x"\n'))
    message = str(caught.value)
    assert "unknown key 'company.nme'" in message
    assert "unknown key 'speach'" in message
    assert "'Mars' is not an IANA time zone" in message


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    write(tmp_path, "[run]\nworkers = 3\n")
    monkeypatch.setenv("CONVINTEL_RUN__WORKERS", "5")
    assert load(tmp_path).run.workers == 5


def test_a_folder_without_settings_is_no_workspace(tmp_path):
    with pytest.raises(WorkspaceError, match="convintel init"):
        load(tmp_path)


def test_broken_toml_is_told_with_its_file(tmp_path):
    with pytest.raises(SettingsError, match=r"convintel\.toml"):
        load(write(tmp_path, "[company\n"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[run]\nschedule_weekly = "every Monday"\n', "'every Monday' is not a cron line"),
        ('[run]\nrunner = "dask"\n', 'runner = "dask" needs scheduler'),
    ],
)
def test_a_schedule_and_a_cluster_that_cannot_be_are_told(tmp_path, text, told):
    with pytest.raises(SettingsError) as caught:
        load(write(tmp_path, text))
    assert told in str(caught.value)


def test_settings_survive_the_way_to_a_worker_process(tmp_path):
    settings = load(write(tmp_path, '[recordings]\nchannels = ["rep", "customer"]\n'))
    assert pickle.loads(pickle.dumps(settings)) == settings
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_the_commented_file_says_what_the_defaults_are(tmp_path):
    text = commented_settings()
    assert load(write(tmp_path, text)) == Settings()
    keys = [line.removeprefix("# ") for line in text.splitlines() if re.match(r"# \w+ = (?!\s*\(unset\))|\[", line)]
    assert len(keys) > 40
    shown = "\n".join(keys)
    assert load(write(tmp_path, shown)) == Settings()
