"""Every fileset of a larger collection of samples, if there is one, beside what Bio-Formats and other libraries see.

`tests/support/formats_samples.py` says where the collection is looked for, `formats_known.py` what may differ and why.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from omero_server.formats.bioformatsprocess import missing
from omero_server.formats.registry import open_reader
from omero_server.formats.scan import scan
from tests.support.formats_compared import with_bio_formats, with_others
from tests.support.formats_samples import COLLECTION, SAMPLES, Sample

NO_IMAGES = {".log", ".md", ".zip", ".xml"}
"""Endings of files of the collection that no fileset has: notes, a layout of a plate, what has to be unpacked."""
MOVIES = ("mp4/", "quicktime/")

samples = pytest.mark.parametrize("sample", SAMPLES or [None], ids=lambda sample: sample.name if sample else "none")
needs_samples = pytest.mark.skipif(not SAMPLES, reason="there is no collection of samples at OMERO_SAMPLE_COLLECTION")
needs_bio_formats = pytest.mark.skipif(missing() is not None, reason=f"Bio-Formats lacks {missing()}")


@needs_samples
@needs_bio_formats
@samples
def test_beside_bio_formats(sample: Sample, tmp_path: Path) -> None:
    _needs_codec(sample)
    with open_reader(sample.path(tmp_path)) as reader:
        result = with_bio_formats(sample, reader)
    assert result.as_known, str(result)


@needs_samples
@samples
def test_beside_another_library(sample: Sample, tmp_path: Path) -> None:
    _needs_codec(sample)
    path = sample.path(tmp_path)
    with open_reader(path) as reader:
        result = with_others(sample, path, reader)
    assert result.as_known, str(result)


def _needs_codec(sample: Sample) -> None:
    if sample.name.startswith(MOVIES) and find_spec("av") is None:
        pytest.skip("PyAV is not installed")


@needs_samples
def test_every_file_belongs_to_a_fileset() -> None:
    found = scan([COLLECTION], depth=10)
    used = {path for candidate in found.candidates for path in candidate.files}
    left = [path for path in COLLECTION.rglob("*") if path.is_file() and path not in used]
    movies = [path for path in left if path.suffix in (".mp4", ".mov") and find_spec("av") is None]
    assert [path for path in left if path.suffix not in NO_IMAGES and path not in movies] == []
    assert [refusal.path for refusal in found.refusals if refusal.path not in movies] == []
    assert len(found.candidates) == len(SAMPLES) - 1, "the packed one is not found; all others are rows of their own"
