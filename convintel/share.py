"""An object store by which machines without a common folder share the work of one run.

::

    <[run] share>/convintel/<run>/run                              the run goes on
                                  recordings/<call_id>.<suffix>
                                  results/<stage>/<scope>/<key>    a result of the store, whole: one object

Nothing stays there. A machine that is still at work for a run that has ended finds `run` gone and takes back what it
wrote: whoever clears away deletes `run` first, whoever writes looks for it afterwards.
"""

from __future__ import annotations

import hashlib
import io
import os
import platform
import secrets
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from convintel.errors import ConvintelError, MissingExtraError, SettingsError, ShareError, UnreadableError
from convintel.store import Store, file_digest

Result = tuple[str, str, str]
"""Stage, scope and key."""

_FOLDER: Final = "convintel"
_EXTRA: Final = "install the extra on all machines: pip install 'convintel[cluster]'"
_REMEDIES: Final = {
    FileNotFoundError: "make the bucket, or mend [run] share",
    PermissionError: "have the credentials in that machine's environment read, write, list and delete there",
}
_REMEDY: Final = "check network, endpoint and credentials in that machine's environment (docs/cluster.md)"


@dataclass(frozen=True, slots=True)
class Share:
    """The objects of one run, below `url`."""

    url: str

    @classmethod
    def begin(cls, url: str) -> Share:
        """Say that a run begins; fails at once where nothing can be written or deleted.

        Raises:
            ShareError: the object store cannot be used; so do all others here.
        """
        share = cls(f"{url.rstrip('/')}/{_FOLDER}/{secrets.token_hex(8)}")
        share.send({}, {"run": b"on\n", "probe": b"may be deleted\n"})
        share.drop(["probe"])
        return share

    def send(self, files: Mapping[str, Path], objects: Mapping[str, bytes]) -> set[str]:
        """Write files and other objects by their names; return those that are there now, all but unreadable files."""
        sent = set(objects)
        with _told(self.url) as (fs, root):
            fs.pipe({f"{root}/{name}": content for name, content in objects.items()})
            for name, path in files.items():  # one by one: s3fs holds up to 100 MB of each in memory
                try:
                    fs.put_file(str(path), f"{root}/{name}")
                    sent.add(name)
                except OSError:
                    if os.access(path, os.R_OK):
                        raise
        return sent

    def drop(self, names: Collection[str]) -> None:
        """Delete objects that are there."""
        with _told(self.url) as (fs, root):
            _delete(fs, [f"{root}/{name}" for name in names])

    def put(self, result: Result, folder: Path) -> None:
        """Write a result, unless the run has ended."""
        self.send({}, {result_name(result): packed(folder)})
        try:
            self.ensure_on()
        except ShareError:
            with suppress(ShareError):  # gone with the rest
                self.drop([result_name(result)])
            raise

    def adopt(self, result: Result, store: Store) -> bool:
        """Take a result into a store; False if it is not there and the run goes on.

        Raises:
            UnreadableError: it is damaged.
        """
        with _told(self.url) as (fs, root):
            try:
                content = fs.cat_file(f"{root}/{result_name(result)}")
            except FileNotFoundError:
                content = None
        if content is None:
            self.ensure_on()
            return False
        try:
            store.adopt(*result, unpacked(content))
        except ValueError as error:
            raise self._damaged(result_name(result)) from error
        return True

    def bring(self, path: Path) -> None:
        """Fetch a recording to `path`, which bears the call's id; nothing if it was not sent.

        Raises:
            UnreadableError: it is not what the call is named after.
        """
        name = recording_name(path.stem, path)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{secrets.token_hex(8)}")
        with _told(self.url) as (fs, root):
            there = fs.exists(f"{root}/{name}")
            if there:
                fs.get_file(f"{root}/{name}", str(part))
        if not there:
            self.ensure_on()
        elif file_digest(part).startswith(path.stem):
            part.replace(path)
        else:
            part.unlink()
            raise self._damaged(name)

    def ensure_on(self) -> None:
        """Refuse to go on for a run that has ended."""
        with _told(self.url) as (fs, root):
            if not fs.exists(f"{root}/run"):
                raise ShareError(
                    "the run that this was for has ended, or another workspace cleared its share",
                    where=self.url,
                    remedy="run again; give each workspace a [run] share of its own",
                )

    def _damaged(self, name: str) -> UnreadableError:
        return UnreadableError(f"damaged on its way: {self.url}/{name}", where=self.url)


class AwayStore(Store):
    """A store on a machine of its own: what is not here comes from the share, what is made goes there."""

    def __init__(self, root: Path, share: Share) -> None:
        super().__init__(root)
        self.share = share

    def has(self, stage: str, scope: str, key: str) -> bool:
        """Tell whether the result is here, now that it was looked for in the share."""
        return super().has(stage, scope, key) or self.share.adopt((stage, scope, key), self)

    def write(self, stage: str, scope: str, key: str, tables: Mapping[str, Any]) -> None:
        """Write the result here and to the share."""
        super().write(stage, scope, key, tables)
        self.share.put((stage, scope, key), self.path(stage, scope, key))

    def recording(self, path: Path) -> Path:
        """Return where the recording lies, now that it was brought; missing if it was not sent."""
        if not path.exists():
            self.share.bring(path)
        return path


def clear(url: str, store: Store, wanted: Collection[Result]) -> None:
    """Take into the store what is wanted of the results that runs left there, then delete all objects of runs.

    Raises:
        ShareError: the object store cannot be used.
    """
    with _told(url) as (fs, top):
        root = f"{top}/{_FOLDER}"
        _delete(fs, [path for path in fs.find(root) if path.endswith("/run")])  # first: see above
        left = fs.find(root)
        for path in left:
            stage, scope, key = path.split("/")[-3:]
            if (stage, scope, key) in wanted and not store.has(stage, scope, key):
                with suppress(ValueError, FileNotFoundError):  # damaged, or just taken back: it is made again
                    store.adopt(stage, scope, key, unpacked(fs.cat_file(path)))
        _delete(fs, left)
        if hasattr(fs, "abort_mpu"):
            _abort_uploads(fs, root)


def recording_name(call_id: str, path: Path) -> str:
    """Return the name of the object that holds a recording."""
    return f"recordings/{call_id}{path.suffix}"


def result_name(result: Result) -> str:
    """Return the name of the object that holds a result."""
    return "/".join(("results", *result))


def packed(folder: Path) -> bytes:
    """Return the files of a result as one object that begins with its digest."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        for path in sorted(folder.iterdir()):
            pack.writestr(zipfile.ZipInfo(path.name), path.read_bytes())
    return hashlib.sha256(content.getbuffer()).digest() + content.getvalue()


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files of an object that `packed` made.

    Raises:
        ValueError: it is damaged.
    """
    digest, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != digest:
        raise ValueError("not what was written")
    with zipfile.ZipFile(io.BytesIO(rest)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def _delete(fs: Any, paths: Sequence[str]) -> None:
    if paths:
        fs.rm(list(paths))
        if fs.exists(paths[0]):  # s3fs does not tell
            raise PermissionError(f"{paths[0]} could not be deleted")


def _abort_uploads(fs: Any, root: str) -> None:
    """Delete the parts of large recordings whose upload a kill cut off: no listing shows them."""
    bucket, _, folder = root.partition("/")
    with suppress(PermissionError):  # docs/cluster.md names the rule of the bucket that does it too
        for upload in fs.list_multipart_uploads(bucket):
            if upload["Key"].startswith(f"{folder}/"):
                fs.abort_mpu(bucket, upload["Key"], upload["UploadId"])


@contextmanager
def _told(url: str) -> Iterator[tuple[Any, str]]:
    """Give the file system and path of an address; say in our words what goes wrong with it."""
    try:
        yield _filesystem(url)
    except ConvintelError:
        raise
    except Exception as error:  # each driver has its own: botocore's are no OSErrors
        remedy = next((told for kind, told in _REMEDIES.items() if isinstance(error, kind)), _REMEDY)
        what = f"{platform.node()} cannot use the object store: {type(error).__name__}: {error}"
        raise ShareError(what, where=url, remedy=remedy) from error


@cache
def _filesystem(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        more = {"auto_mkdir": True} if url.startswith("file:") else {}
        fs, path = url_to_fs(url, use_listings_cache=False, **more)
        return fs, path
    except ImportError as error:
        raise MissingExtraError(str(error), where=url, remedy=_EXTRA) from error
    except ValueError as error:
        raise SettingsError(f"[run] share: {error}", where=url, remedy="docs/cluster.md") from error
