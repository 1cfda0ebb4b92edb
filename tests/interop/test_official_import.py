"""Imports that a program makes with the official client, through ManagedRepository and ImportProcess."""

from __future__ import annotations

from pathlib import Path

from tests.interop.conftest import Official
from tests.support.samples import DATA


def test_an_import_by_hand(official: Official) -> None:
    companion = sorted(path for path in (DATA / "ome-tiff-companion" / "multifile").iterdir())
    entry = next(path for path in companion if path.name.endswith(".companion.ome"))
    paths = [str(entry), *(str(path) for path in companion if path != entry)]
    found = official.script("own_import", paths=paths)
    assert found["suggested"] == "SHA1-160" and found["listed"] >= 1
    assert found["settings"] == "By hand" and found["handle before"] is True
    assert all(offset == size for offset, size in found["offsets"]) and len(found["offsets"]) == len(paths) + 1
    assert found["wrong"] == [list(range(len(paths))), True]
    assert found["response"] == "ImportResponse" and found["images"] == found["pixels"] != []
    assert found["image"][0].startswith("By hand") and found["image"][1] == "From an official client"
    assert found["files"] is True and found["ok"] == [] and found["changed"] is True
    assert found["importPaths"] in ("ImportResponse", "ERR")  # the first file alone may be incomplete
    # Bio-Formats, where it is installed, takes files by their names.
    assert found["broken"] in (["ERR", "import-unknown-format"], ["ERR", "import-file-exception"])
    assert Path(paths[0]).exists()
