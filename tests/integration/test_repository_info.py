"""IRepositoryInfo, called by a client."""

import shutil

import pytest

import omero
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
