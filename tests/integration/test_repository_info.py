"""IRepositoryInfo, called by a client."""

import shutil
from pathlib import Path

import pytest

import omero
import omero.model
from omero.rtypes import rstring
from omero_server.repository.layout import id_path
from tests.support.instance import Instance


def test_free_space_is_told_and_the_withdrawn_refused(instance: Instance) -> None:
    with omero.client(instance.host, instance.ports.ssl) as client:
        service = client.createSession("root", instance.root_password).getRepositoryInfoService()
        free = shutil.disk_usage(instance.root).free / 1024
        assert service.getFreeSpaceInKilobytes() == pytest.approx(free, rel=0.05)
        service.sanityCheckRepository()
        service.removeUnusedFiles()
        for withdrawn in (service.getUsedSpaceInKilobytes, service.getUsageFraction):
            with pytest.raises(omero.InternalException) as error:
                withdrawn()
            assert "withdrawn" in error.value.message


def test_files_of_deleted_rows_are_removed_and_no_others(instance: Instance) -> None:
    with omero.client(instance.host, instance.ports.ssl) as client:
        session = client.createSession("root", instance.root_password)
        update, query = session.getUpdateService(), session.getQueryService()
        thumbnails, files, pixels = (instance.config.data_dir / name for name in ("Thumbnails", "Files", "Pixels"))
        made = []
        for _ in range(2):
            file = omero.model.OriginalFileI()
            file.name, file.path = rstring("left behind"), rstring("/")
            made.append(update.saveAndReturnObject(file))
        gone, there = (one.id.val for one in made)
        update.deleteObject(query.get("OriginalFile", gone))
        never = 2**31
        kept = [file_at(files, there), file_at(files, never), file_at(pixels, gone), file_at(thumbnails, gone)]
        kept.append(files / f"{gone}.note")
        left = file_at(files, gone)
        for path in [left, *kept]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
        session.getRepositoryInfoService().removeUnusedFiles()
        assert not left.exists()
        for path in kept:
            assert path.exists(), path
            path.unlink()


def file_at(folder: Path, number: int) -> Path:
    return folder / id_path(number)
