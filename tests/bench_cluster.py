"""A Dask cluster beside this machine alone: `make bench-cluster`. Same tables, what a killed worker costs, poison.

    python -m tests.bench_cluster [RECORDINGS] [SECONDS]

Cuts RECORDINGS pieces out of the sample company's recordings, takes them in locally and on two Dask workers (processes
on the loopback address, each in a folder of its own), kills one of them in the middle, and compares all tables: once
on a shared folder, once through an object store (moto's S3 server) with workers that cannot see the folder. Then the
same with a call that kills every worker that takes it.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import wave
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from convintel import pipeline
from convintel.recordings import decode
from convintel.resources import resource
from tests.flows.machines import (
    ROOT,
    Bucket,
    Cluster,
    dask_cluster,
    end,
    environment,
    object_store,
    prefect_server,
    wait_until,
)

PRELOAD = ROOT / "tests" / "flows" / "preload.py"
SETTINGS = '[speech]\nmodel = "whisper-tiny.en"\n\n[run]\nworkers = 1\n'
SHARD = 5
FLOW = "import sys; from flows.ingest import ingest; print(ingest(sys.argv[1]))"


def main(recordings: int, seconds: float) -> None:
    """Print one line a measurement."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone, shared = folder / "alone" / "acme", folder / "shared" / "acme"
        _workspace(alone, recordings, seconds)
        shutil.copytree(alone, shared)
        begun = time.monotonic()
        taken = pipeline.ingest(alone, workers=2)
        _say(f"{recordings} recordings of {seconds:.0f} s, local, 2 workers: {time.monotonic() - begun:.0f} s; {taken}")
        apart = shutil.copytree(alone, folder / "apart" / "acme", ignore=shutil.ignore_patterns(".convintel"))
        with prefect_server(folder / "server") as api, object_store(folder) as bucket:
            same = True
            for root, through in ((shared, None), (apart, bucket)):
                _lose_a_machine(folder / root.parent.name, root, api, through)
                here, there = _tables(alone), _tables(root)
                same &= here == there
                _say(f"tables: {len(here)} files local, {len(there)} on the cluster; same bytes: {here == there}")
            _poison(folder, api)
    if not same:
        raise SystemExit(1)


def _lose_a_machine(folder: Path, root: Path, api: str, bucket: Bucket | None) -> None:
    log = folder / "shards.jsonl"
    env = bucket.env if bucket else {}
    hidden = root if bucket else None
    total = len(list((root / "inbox").glob("*.wav")))

    def done() -> int:
        return len(_results(root)) + (len(bucket.objects("/results/signals/")) if bucket else 0)

    with dask_cluster(folder / "cluster", api, preload=PRELOAD, without=hidden, SHARD_LOG=str(log), **env) as cluster:
        _settings(root, cluster, SHARD, bucket.url if bucket else "")
        begun = time.monotonic()
        with _run(folder, root, api, **env) as run:
            wait_until(lambda: done() >= total // 3, "a third is done", seconds=1200, every=0.5)
            before, count = _results(root), done()
            end(cluster.workers[0], signal.SIGKILL)
            told = run.communicate(timeout=1800)[0].strip()
        wall = time.monotonic() - begun
    after = _results(root)
    made_again = sum(after[path] != at for path, at in before.items())
    shards = [json.loads(line) for line in log.read_text().splitlines()]
    handed = sum(shard["calls"] - shard["done"] for shard in shards)
    again = [shard for shard in shards if shard["done"]]
    how = f"through an object store, where {len(bucket.objects())} objects are left" if bucket else "on a shared folder"
    _say(f"cluster {how}, 2 workers, one killed after {count} calls: {wall:.0f} s; {told}")
    if not bucket:
        _say(f"results made again that were there: {made_again} of {len(before)}")
    _say(f"shards begun: {len(shards)}, of which begun again: "
         f"{[(shard['calls'], shard['done']) for shard in again]} (calls, of them done)")  # fmt: skip
    _say(f"calls handed out beyond once: {handed - total} (a shard has {SHARD}; in hand at the kill: 1)")
    _say(f"folders where shards ran: {len({shard['cwd'] for shard in shards})}")


def _poison(folder: Path, api: str) -> None:
    root, log = folder / "poison" / "acme", folder / "poison.jsonl"
    _workspace(root, 0, 0)
    earlier = sorted((resource("samples") / "inbox" / "earlier").glob("*.json"))[:5]
    for path in earlier:
        shutil.copy2(path, root / "inbox")
    shutil.copy2(earlier[0], root / "inbox" / "poison.json")
    with (root / "inbox" / "poison.json").open("a") as file:
        file.write("\n")  # other bytes: another call
    limit = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    with dask_cluster(folder / "cluster2", api, preload=PRELOAD, SHARD_LOG=str(log), **limit) as cluster:
        _settings(root, cluster, 3)
        begun = time.monotonic()
        with _run(folder, root, api) as run:
            told = run.communicate(timeout=1200)[0].strip()
        wall = time.monotonic() - begun
        with _run(folder, root, api) as run:
            again = run.communicate(timeout=1200)[0].strip()
    deaths = sum(json.loads(line)["poison"] for line in log.read_text().splitlines())
    _say(f"a call that kills its worker, among 6: {wall:.0f} s, {deaths} workers died; {told}; the next run: {again}")


def _workspace(root: Path, recordings: int, seconds: float) -> None:
    (root / "inbox").mkdir(parents=True)
    (root / "convintel.toml").write_text(SETTINGS)
    inbox = resource("samples") / "inbox" / "phone"
    names = ("daniel-cold.mp3", "maya-pricing.mp3", "rec_000483.mp3", "tom-cold.wav") if recordings else ()
    sounds = [decode(inbox / name).samples for name in names]
    for number, sound in enumerate(islice(cycle(sounds), recordings)):
        wide = sound if sound.ndim == 2 else sound[None, :]
        length = int(seconds * 16000)
        start = (number // len(sounds)) * length % max(1, wide.shape[-1] - length)
        _write(root / "inbox" / f"piece-{number:03d}.wav", wide[:, start : start + length])


def _write(path: Path, sound: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[0])
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(np.ascontiguousarray(sound.T).astype("<i2").tobytes())


def _settings(root: Path, cluster: Cluster, shard: int, share: str = "") -> None:
    chosen = f'runner = "dask"\nscheduler = "{cluster.scheduler}"\nshard_calls = {shard}\nshare = "{share}"\n'
    (root / "convintel.toml").write_text(SETTINGS + chosen)


def _run(folder: Path, root: Path, api: str, **more: str) -> subprocess.Popen[str]:
    env = environment(folder / "home", PREFECT_API_URL=api, **more)
    command = [sys.executable, "-c", FLOW, str(root)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=folder)


def _results(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (root / ".convintel" / "store").glob("signals/*/[!.]*")}


def _tables(root: Path) -> dict[str, bytes]:
    store = root / ".convintel" / "store"
    return {str(path.relative_to(store)): path.read_bytes() for path in store.rglob("*.parquet")}


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    main(int(given[0]) if given else 40, given[1] if len(given) > 1 else 20.0)
