"""The same tables on a Dask cluster of real processes as on this machine, whatever becomes of its machines."""

import re
import shutil
import signal
import subprocess
import sys

import pytest

from convintel import pipeline
from convintel.errors import ConvintelError, SettingsError, ShareError
from convintel.ledger import Ledger
from convintel.settings import load
from convintel.share import Share, clear
from convintel.store import Store
from convintel.workspace import Workspace
from tests.conftest import make_small_workspace
from tests.flows.machines import dask_cluster, end, environment, object_store, prefect_server, wait_until

pytest.importorskip("moto.server", reason="the extra 'dev' is not installed")
conf = pytest.importorskip("fsspec.config", reason="the extra 'cluster' is not installed").conf
pytest.importorskip("prefect_dask", reason="the extra 'cluster' is not installed")

INGEST = [sys.executable, "-c", "import sys; from flows.ingest import ingest; print(ingest(sys.argv[1]))"]


def jobs_of(root):
    workspace, settings = Workspace(root), load(root)
    with Ledger(workspace.ledger) as ledger:
        return pipeline.pending_jobs(pipeline.survey(workspace, settings, ledger), Store(workspace.store))


def on_cluster(root, scheduler, shard_calls=3, share=""):
    with (root / "convintel.toml").open("a") as file:  # [run] comes last
        file.write(f'runner = "dask"\nscheduler = "{scheduler}"\nshard_calls = {shard_calls}\nshare = "{share}"\n')


def results(root):
    return {path: path.stat().st_mtime_ns for path in Workspace(root).store.glob("signals/*/[!.]*")}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with prefect_server(tmp_path_factory.mktemp("server")) as api:
        yield api


@pytest.fixture(scope="module")
def bucket(tmp_path_factory):
    with object_store(tmp_path_factory.mktemp("bucket")) as store:
        yield store


@pytest.fixture(scope="module")
def local(tmp_path_factory, samples):
    """A workspace that is taken in on this machine, for comparison."""
    root = make_small_workspace(tmp_path_factory.mktemp("local") / "acme", samples)
    for path in sorted((root / "inbox" / "earlier").iterdir())[4:]:
        path.unlink()
    return root


@pytest.fixture
def start(local, server, tmp_path):
    """Return a function that starts the flow on a copy of that workspace; its folder is `shared/acme`."""
    shutil.copytree(local, tmp_path / "shared" / "acme", ignore=shutil.ignore_patterns(".convintel"))

    def begin(**more):
        env = environment(tmp_path / "home", PREFECT_API_URL=server, **more)
        return subprocess.Popen([*INGEST, "acme"], cwd=tmp_path / "shared", env=env, stdout=subprocess.PIPE, text=True)

    return begin


def test_a_cluster_that_loses_a_machine_gives_the_same_bytes_and_makes_nothing_twice(
    local, server, start, tmp_path, tables_of
):
    root = tmp_path / "shared" / "acme"
    with dask_cluster(tmp_path / "cluster", server) as cluster:
        on_cluster(root, cluster.scheduler)
        run = start()
        pipeline.ingest(local)  # meanwhile
        wait_until(lambda: results(root), "a first call is done")
        before = results(root)
        end(cluster.workers[0], signal.SIGKILL)
        told, _ = run.communicate(timeout=400)
    assert run.returncode == 0
    assert "processed=5, set_aside=0" in told
    after = results(root)
    assert {path: after[path] for path in before} == before
    assert tables_of(root) == tables_of(local)


def test_machines_that_share_only_an_object_store_give_the_same_bytes_whoever_is_killed(
    local, server, bucket, start, tmp_path, tables_of
):
    root = tmp_path / "shared" / "acme"
    with dask_cluster(tmp_path / "cluster", server, without=root.parent, **bucket.env) as cluster:
        on_cluster(root, cluster.scheduler, share=bucket.url)
        run = start(**bucket.env)
        pipeline.ingest(local)  # meanwhile, if the test above has not
        wait_until(lambda: bucket.objects("/results/signals/"), "a first call is done", every=0.5)
        run.kill()
        run.communicate()
        done = bucket.objects("/results/signals/")
        assert bucket.objects("/recordings/")
        run = start(**bucket.env)
        wait_until(lambda: {*bucket.objects("/results/signals/")} - {*done}, "another one is done", every=0.5)
        end(cluster.workers[0], signal.SIGKILL)
        told, _ = run.communicate(timeout=400)
        assert run.returncode == 0
        assert bucket.objects() == []
        assert not root.joinpath(".convintel", "share").exists()
    count, made = (int(told.split(f"{name}=")[1].split(",")[0].split(")")[0]) for name in ("current", "processed"))
    assert count + made == 5
    assert count >= 1  # what was done when the first run was killed
    puts = re.findall(r'"PUT /(calls/\S+/results/signals/\S+) ', bucket.log.read_text())
    assert all(puts.count(path) == 1 for path in puts)
    for path in done:
        assert sum(path.split("/")[-2] in put for put in puts) == 1  # not made again by the second run
    assert tables_of(root) == tables_of(local)


def test_in_a_bucket_nothing_of_ours_stays_and_what_is_not_ours_does(bucket, tmp_path, monkeypatch):
    for name, value in bucket.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(conf, "s3", {"endpoint_url": bucket.env["FSSPEC_S3_ENDPOINT_URL"]})
    with pytest.raises(ShareError, match="bucket does not exist → make the bucket"):
        Share.begin("s3://nothing/acme")
    bucket.files.pipe_file("s3://calls/theirs/convintel-other/run", b"not ours")
    name = Share.begin("s3://calls/theirs").url.removeprefix("s3://calls/")
    bucket.files.call_s3("create_multipart_upload", Bucket="calls", Key=f"{name}/recordings/large.wav")
    clear("s3://calls/theirs", Store(tmp_path / "store"), ())
    assert bucket.files.list_multipart_uploads("calls") == []
    assert bucket.files.find("s3://calls/theirs") == ["calls/theirs/convintel-other/run"]


def test_what_a_shard_had_done_is_not_done_again(small_workspace, monkeypatch):
    jobs, store = jobs_of(small_workspace)[-2:], Store(Workspace(small_workspace).store)
    settings = load(small_workspace)
    first = pipeline.process_shard(jobs[:1], store=store, settings=settings, workers=1)
    assert [outcome.status for outcome in first] == ["done"]
    before = results(small_workspace)
    both = pipeline.process_shard(jobs, store=store, settings=settings, workers=1)
    assert [outcome.call_id for outcome in both] == [job.call["call_id"] for job in jobs]
    assert {path: results(small_workspace)[path] for path in before} == before
    monkeypatch.setattr(sys, "executable", "/nowhere")  # nothing left to do: no process is started
    assert pipeline.process_shard(jobs, store=store, settings=settings, workers=1) == both


def test_a_shard_says_what_stops_every_call(small_workspace):
    jobs, store = jobs_of(small_workspace), Store(Workspace(small_workspace).store)
    settings = load(small_workspace)
    lost = settings.model_copy(update={"speech": settings.speech.model_copy(update={"model": "nowhere/at-all"})})
    recording = [job for job in jobs if job.call["kind"] == "recording"]
    with pytest.raises(ConvintelError, match="nowhere/at-all"):
        pipeline.process_shard(recording, store=store, settings=lost, workers=1)


@pytest.mark.parametrize(("calls", "size", "sizes"), [(9, 4, [3, 3, 3]), (4, 4, [4]), (5, 4, [3, 2]), (0, 4, [])])
def test_shards_are_alike_and_each_call_is_in_one(calls, size, sizes):
    from flows.cluster import shards

    dealt = shards(list(range(calls)), size)
    assert [len(shard) for shard in dealt] == sizes
    assert sorted(call for shard in dealt for call in shard) == list(range(calls))


@pytest.mark.parametrize("api", ["", "http://127.0.0.1:4200/api"])
def test_a_server_that_the_machines_cannot_reach_is_refused(small_workspace, api):
    from prefect.settings import PREFECT_API_URL, temporary_settings

    from flows.cluster import take_in

    on_cluster(small_workspace, "tcp://10.0.0.5:8786")
    with temporary_settings({PREFECT_API_URL: api or None}), pytest.raises(SettingsError, match="machines can reach"):
        take_in(str(small_workspace), None, None, False, load(small_workspace))


class Round:
    """Stands in for Dask: tells which shards were tried together, and loses those with a call that kills."""

    def __init__(self, killers):
        self.killers, self.tried = killers, []

    def __call__(self, waiting, submit, at_once):
        for shard in waiting:
            ids = [job.call["call_id"] for job in shard]
            self.tried.append((ids, at_once))
            if not self.killers & set(ids):
                yield [pipeline.CallOutcome(job.call["call_id"], job.call["path"], "done", "k", 0.0) for job in shard]


def test_a_call_under_which_every_machine_goes_down_is_set_aside_after_three_tries(small_workspace, monkeypatch):
    from flows import cluster

    jobs = jobs_of(small_workspace)
    killer = jobs[2].call["call_id"]
    rounds = Round({killer})
    monkeypatch.setattr(cluster, "_work_off", rounds)
    outcomes = {}
    settings = load(small_workspace)
    cluster.process_on_cluster(
        jobs,
        store=Store(Workspace(small_workspace).store),
        settings=settings.model_copy(update={"run": settings.run.model_copy(update={"shard_calls": 4})}),
        workers=None,
        on_outcome=lambda outcome: outcomes.setdefault(outcome.call_id, outcome),
    )
    assert set(outcomes) == {job.call["call_id"] for job in jobs}
    assert {call for call, outcome in outcomes.items() if outcome.status == "set aside"} == {killer}
    assert outcomes[killer].key  # not tried again under this key
    assert sum(killer in ids for ids, _ in rounds.tried) == 3
    assert rounds.tried[-1] == ([killer], 1)  # alone on the cluster: nobody else can be blamed
