"""Work through an object store: the same bytes come back, nothing stays, what is damaged is said and tried again."""

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from convintel import pipeline, turns
from convintel.cli.lookup import forget_calls
from convintel.errors import MissingExtraError, SettingsError, ShareError, UnreadableError
from convintel.ledger import Ledger
from convintel.pipeline import STAGE_TABLES, CallOutcome
from convintel.pipeline.process import _ensure_same, _voices, done, process_call
from convintel.sections import Run
from convintel.settings import load
from convintel.share import Share, clear, packed, recording_name, result_name, unpacked
from convintel.store import Store, file_digest
from convintel.tables import frame
from convintel.turns import Teacher, voice_key
from convintel.workspace import Workspace

pytest.importorskip("fsspec", reason="the extra 'cluster' is not installed")


class Company:
    """A workspace of ready-made transcripts whose share is a folder."""

    def __init__(self, root: Path, bucket: Path) -> None:
        self.root, self.bucket = root, bucket
        with (root / "convintel.toml").open("a") as file:  # [run] comes last
            file.write(f'share = "{bucket.as_uri()}"\n')
        self.settings, self.workspace = load(root), Workspace(root)
        self.store = Store(self.workspace.store)

    def jobs(self) -> list[pipeline.Job]:
        with Ledger(self.workspace.ledger) as ledger:
            return pipeline.pending_jobs(pipeline.survey(self.workspace, self.settings, ledger), self.store)

    def exchange(self, jobs):
        return pipeline.exchange(jobs, self.store, self.settings)

    def left(self) -> list[Path]:
        return [path for path in self.bucket.rglob("*") if path.is_file()]


@pytest.fixture
def company(tmp_path, samples):
    (tmp_path / "acme" / "inbox" / "earlier").mkdir(parents=True)
    for name in ("calls.csv", "reps.csv", "convintel.toml"):
        shutil.copy2(samples / name, tmp_path / "acme" / name)
    for path in sorted((samples / "inbox" / "earlier").glob("maya-*"))[:2]:
        shutil.copy2(path, tmp_path / "acme" / "inbox" / "earlier")
    with (tmp_path / "acme" / "convintel.toml").open("a") as file:
        file.write("\n[run]\n")
    return Company(tmp_path / "acme", tmp_path / "bucket")


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A store that gets the results of the calls once, without a share."""
    return Store(tmp_path_factory.mktemp("here"))


def result(job, stage):
    return stage, job.call["call_id"], getattr(job.keys, stage)


def give(here, job, store, settings):
    """Have the store get the results of a call, as from `process_call`, which makes them but once in this module."""
    process_call(job, here, settings)
    for stage, names in STAGE_TABLES.items():
        if not store.has(*result(job, stage)):
            store.write(*result(job, stage), {name: here.read(*result(job, stage), name) for name in names})


def work(company, here, jobs, exchange, folder):
    with pipeline.away(jobs, exchange.share, folder) as (moved, store):
        for job in moved:
            if not store.has(*result(job, "turns")):
                _ensure_same(replace(job, path=store.recording(job.path)))
            give(here, job, store, company.settings)


def object_of(company, name):
    return next(path for path in company.left() if path.as_posix().endswith(name))


def tables(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.parquet")}


def test_calls_go_there_and_come_back_as_the_same_bytes_and_nothing_stays(company, here, tmp_path):
    jobs = company.jobs()
    with company.exchange(jobs) as exchange:
        exchange.send(jobs)
        assert len(company.left()) == 1 + len(jobs)
        with pipeline.away(jobs, exchange.share, tmp_path) as (moved, store):
            for job in moved:
                process_call(job, store, company.settings)
        with pipeline.away(jobs, exchange.share, tmp_path) as (moved, store):  # a shard that is begun again
            assert all(store.has(*result(job, "signals")) for job in moved)
        assert [exchange.take(job, done(job)).status for job in jobs] == ["done"] * 2
        assert [path.name for path in company.left()] == ["run"]
    assert company.left() == []
    for job in jobs:
        process_call(job, here, company.settings)
    assert tables(company.store.root) == tables(here.root)
    assert not company.workspace.hidden.joinpath("share").exists()


def test_of_a_call_whose_turns_are_there_the_recording_stays_at_home(company, here, tmp_path):
    jobs = company.jobs()[:1]
    give(here, jobs[0], company.store, company.settings)
    before = tables(company.store.root)
    company.store.forget(jobs[0].call["call_id"], stages=["signals"])
    with company.exchange(jobs) as exchange:
        exchange.send(jobs)
        assert {path.parts[-3] for path in company.left() if path.name != "run"} == {"transcript", "turns"}
        work(company, here, jobs, exchange, tmp_path)
        assert exchange.take(jobs[0], done(jobs[0])).status == "done"
    assert tables(company.store.root) == before


@pytest.mark.parametrize("harm", ["cut", "flipped", "another table", "missing"])
def test_a_damaged_result_is_named_and_the_call_tried_again(company, here, tmp_path, harm):
    job = company.jobs()[0]
    with company.exchange([job]) as exchange:
        exchange.send([job])
        work(company, here, [job], exchange, tmp_path)
        found = object_of(company, result_name(result(job, "turns")))
        whole = found.read_bytes()
        if harm == "missing":
            found.unlink()
        elif harm == "cut":
            found.write_bytes(whole[: len(whole) // 2])
        elif harm == "flipped":
            found.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        else:
            files = unpacked(whole)
            files["talk.parquet"] = files["turns.parquet"]
            folder = tmp_path / "other"
            folder.mkdir()
            for name, content in files.items():
                (folder / name).write_bytes(content)
            found.write_bytes(packed(folder))
        outcome = exchange.take(job, done(job))
    assert (outcome.status, outcome.transient) == ("set aside", True)
    assert result_name(result(job, "turns")) in outcome.reason
    assert not company.store.has(*result(job, "turns"))
    assert company.left() == []


def test_no_damage_passes_for_whole(tmp_path):
    (tmp_path / "words.parquet").write_bytes(b"anything")
    whole = packed(tmp_path)
    assert unpacked(whole) == {"words.parquet": b"anything"}
    for at in range(len(whole)):
        for spoilt in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            with pytest.raises(ValueError, match="not what was written"):
                unpacked(spoilt)


def test_a_recording_that_is_damaged_on_its_way_sets_its_call_aside(company, here, tmp_path):
    job = company.jobs()[0]
    with company.exchange([job]) as exchange:
        exchange.send([job])
        with object_of(company, job.path.suffix).open("ab") as file:
            file.write(b" ")
        with pytest.raises(UnreadableError, match=recording_name(job.call["call_id"], job.path)):
            work(company, here, [job], exchange, tmp_path)
        assert not list(tmp_path.glob("convintel-*"))  # gone, also after an error


def test_a_recording_that_cannot_be_read_here_is_missed_there(company, here, tmp_path):
    job = company.jobs()[0]
    with company.exchange([job]) as exchange:
        job.path.unlink()
        exchange.send([job])
        with pytest.raises(UnreadableError, match="No such file"):
            work(company, here, [job], exchange, tmp_path)


def test_the_folder_on_a_machine_is_its_users_alone(company, here, tmp_path):
    with company.exchange([]) as exchange, pipeline.away([], exchange.share, tmp_path) as (_, store):
        assert store.root.parent.stat().st_mode & 0o077 == 0


def test_voices_are_learnt_once_and_come_home(company, tmp_path, samples, monkeypatch):
    vector = [1.0, *[0.0] * 191]
    monkeypatch.setattr(
        turns, "learn", lambda one, *_: frame("voices", [{"call_id": one.call_id, "seconds": 60.0, "vector": vector}])
    )
    teacher = Teacher("0" * 16, samples / "inbox" / "phone" / "rec_000483.mp3", "daniel@example.com", 0)
    digest = file_digest(teacher.path)[:16]
    teacher = replace(teacher, call_id=digest)
    job = replace(company.jobs()[0], teachers=(teacher,))
    voice = ("voices", digest, voice_key(teacher, company.settings))
    with company.exchange([job]) as exchange:
        exchange.send([job])
        with pipeline.away([job], exchange.share, tmp_path) as (moved, store):
            learnt = _voices(moved[0], store, company.settings)
        object_of(company, ".mp3").unlink()
        with pipeline.away([job], exchange.share, tmp_path) as (moved, store):
            again = _voices(moved[0], store, company.settings)
    assert learnt["daniel@example.com"].tolist() == again["daniel@example.com"].tolist() == vector
    assert company.store.has(*voice)
    with company.exchange([job]) as exchange:  # known here: the recording does not travel
        exchange.send([job])
        assert not [path for path in company.left() if path.suffix == ".mp3"]
    assert company.left() == []


def killed(company, here, jobs, tmp_path):
    """What a run leaves that is killed when its machines are done."""
    company.workspace.hidden.mkdir(exist_ok=True)
    company.workspace.hidden.joinpath("share").write_text(company.settings.run.share)
    exchange = pipeline.Exchange(Share.begin(company.settings.run.share), jobs, company.store, company.settings)
    exchange.send(jobs)
    work(company, here, jobs, exchange, tmp_path)
    return exchange


def test_what_a_killed_run_left_is_kept_and_cleared_away_whatever_the_settings_say_now(company, here, tmp_path):
    jobs = company.jobs()
    killed(company, here, jobs, tmp_path)
    spoilt = object_of(company, result_name(result(jobs[1], "signals")))
    spoilt.write_bytes(spoilt.read_bytes()[:100])
    file = company.root / "convintel.toml"
    file.write_text(file.read_text().replace(f'share = "{company.settings.run.share}"', ""))
    keys = {job.call["call_id"]: job.keys for job in jobs}
    pipeline.recover(company.store, keys, (), load(company.root))
    assert [company.store.has(*result(job, "turns")) for job in jobs] == [True, True]
    assert [job.call["call_id"] for job in company.jobs()] == [jobs[1].call["call_id"]]
    assert company.left() == []
    assert not company.workspace.hidden.joinpath("share").exists()


def test_a_machine_still_at_work_for_a_run_that_has_ended_leaves_nothing(company, here, tmp_path):
    jobs = company.jobs()
    give(here, jobs[0], Store(tmp_path / "other"), company.settings)
    exchange = killed(company, here, [], tmp_path)
    exchange.send(jobs)
    with pipeline.away(jobs, exchange.share, tmp_path) as (moved, store):
        assert store.recording(moved[0].path).exists()
        clear(company.settings.run.share, company.store, frozenset())
        with pytest.raises(ShareError, match="has ended"):
            store.write(*result(jobs[0], "transcript"), {"audio": here.read(*result(jobs[0], "transcript"), "audio")})
    assert company.left() == []
    with pytest.raises(ShareError, match="has ended"):
        exchange.take(jobs[0], done(jobs[0]))


def test_forget_reaches_what_a_killed_run_left(company, here, tmp_path):
    jobs = company.jobs()
    give(here, jobs[0], company.store, company.settings)
    killed(company, here, jobs, tmp_path)
    assert company.left()
    assert not forget_calls(company.root, call=jobs[0].call["call_id"]).proof.hits
    assert company.left() == []


def test_an_error_in_the_middle_leaves_nothing(company, here, tmp_path):
    jobs = company.jobs()

    def stopped():
        with company.exchange(jobs) as exchange:
            exchange.send(jobs)
            work(company, here, jobs[:1], exchange, tmp_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert company.left() == []
    assert company.store.has(*result(jobs[0], "signals"))


def test_other_objects_in_the_bucket_stay(company):
    other = company.bucket / "theirs" / "run"
    other.parent.mkdir(parents=True)
    other.write_text("not ours")
    with company.exchange([]):
        pass
    assert company.left() == [other]


def test_a_share_that_cannot_be_used_is_told_with_a_remedy(company, monkeypatch, tmp_path):
    from fsspec.implementations.local import LocalFileSystem

    with pytest.raises(SettingsError, match="nowhere"):
        Share.begin("nowhere://bucket/acme")
    with pytest.raises(MissingExtraError, match="cluster"):
        Share.begin("gs://bucket/acme")  # a driver that is not installed
    monkeypatch.setattr(LocalFileSystem, "rm", lambda self, paths: None)
    with pytest.raises(ShareError, match="could not be deleted → have the credentials"):
        Share.begin(tmp_path.as_uri())

    def no_route(*_):
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))

    monkeypatch.setattr(LocalFileSystem, "pipe", no_route)
    with pytest.raises(ShareError, match="check network, endpoint and credentials"):
        Share.begin(tmp_path.as_uri())
    left = company.workspace.hidden / "share"
    left.parent.mkdir(exist_ok=True)
    left.write_text("nowhere://bucket")
    with pytest.raises(SettingsError):
        pipeline.ingest(company.root)


@pytest.mark.parametrize("share", ["bucket/acme", "s3://key:secret@bucket/acme", "s3:bucket"])
def test_an_address_is_one_without_credentials(share):
    with pytest.raises(ValueError, match="share"):
        Run(share=share)
    assert Run(share="s3://bucket/acme").share


def test_a_call_set_aside_by_a_machine_stays_so(company, here, tmp_path):
    job = company.jobs()[0]
    told = CallOutcome(job.call["call_id"], job.call["path"], "set aside", job.keys.signals, 0.0, "no words", "look")
    with company.exchange([job]) as exchange:
        exchange.send([job])
        assert exchange.take(job, told) == told
        assert [path.name for path in company.left()] == ["run"]
