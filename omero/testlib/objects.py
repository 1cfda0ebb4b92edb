"""Objects of tests: made in memory (``new_``) or saved (``make_``), and linked."""

from __future__ import annotations

import hashlib
import os
import tempfile
from typing import Any

import omero
import omero.model
from omero.rtypes import rstring, rtime
from omero.testlib.base import Base

__all__ = ["Objects"]


class Objects(Base):
    """The part of a test that makes objects and links them. Without ``client`` they are those of the test's user."""

    def new_object(self, classname: Any, name: Any = None, description: str | None = None) -> Any:
        """A new object of a class with a name."""
        made = classname()
        made.setName(rstring(name or self.uuid()))
        made.setDescription(rstring(description))
        return made

    def new_image(self, name: str | None = None, description: str | None = None, date: int = 0) -> Any:
        """A new image; ``date`` in milliseconds."""
        image = self.new_object(omero.model.ImageI, name, description)
        image.acquisitionDate = rtime(date)
        return image

    def new_project(self, name: str | None = None, description: str | None = None) -> Any:
        """A new project."""
        return self.new_object(omero.model.ProjectI, name, description)

    def new_dataset(self, name: str | None = None, description: str | None = None) -> Any:
        """A new dataset."""
        return self.new_object(omero.model.DatasetI, name, description)

    def new_tag(self, name: str | None = None, ns: str | None = None) -> Any:
        """A new tag."""
        tag = omero.model.TagAnnotationI()
        tag.textValue = rstring(name or self.uuid())
        tag.ns = rstring(ns) if ns is not None else None
        return tag

    def _saved(self, obj: Any, client: Any) -> Any:
        return (client or self.client).sf.getUpdateService().saveAndReturnObject(obj)

    def make_image(
        self, name: str | None = None, description: str | None = None, date: int = 0, client: Any = None
    ) -> Any:
        """A saved image, without pixels."""
        return self._saved(self.new_image(name, description, date), client)

    def make_project(self, name: str | None = None, description: str | None = None, client: Any = None) -> Any:
        """A saved project."""
        return self._saved(self.new_project(name, description), client)

    def make_dataset(self, name: str | None = None, description: str | None = None, client: Any = None) -> Any:
        """A saved dataset."""
        return self._saved(self.new_dataset(name, description), client)

    def make_tag(self, name: str | None = None, client: Any = None, ns: str | None = None) -> Any:
        """A saved tag."""
        return self._saved(self.new_tag(name, ns), client)

    def create_datasets(self, count: int, base_name: str, client: Any = None) -> list[Any]:
        """Saved datasets, named by a base and their numbers."""
        datasets = [self.new_dataset(f"{base_name}{number}") for number in range(count)]
        return list((client or self.client).sf.getUpdateService().saveAndReturnArray(datasets))

    def make_file_annotation(
        self,
        name: str | None = None,
        binary: bytes | None = None,
        mimetype: str | None = None,
        client: Any = None,
        namespace: str | None = None,
    ) -> Any:
        """A saved file annotation; with ``binary`` those contents are uploaded, else the file is empty."""
        client = client or self.client
        handle, path = tempfile.mkstemp(prefix="omero.testlib.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(binary or b"")
            original = client.upload(path, name=name or self.uuid(), type=mimetype)
        finally:
            os.unlink(path)
        annotation = omero.model.FileAnnotationI()
        annotation.file = omero.model.OriginalFileI(original.id.val, False)
        annotation.ns = rstring(namespace) if namespace is not None else None
        return self._saved(annotation, client)

    def link(self, obj1: Any, obj2: Any, client: Any = None) -> Any:
        """A saved link from one object to another, by the link class of the two."""
        child = type(obj2).__name__.removesuffix("I")
        parent = type(obj1).__name__.removesuffix("I")
        kind = "Annotation" if child.endswith("Annotation") else child
        link = getattr(omero.model, f"{parent}{kind}LinkI")()
        link.setParent(obj1.proxy())
        link.setChild(obj2.proxy())
        return self._saved(link, client)

    def get_fileset(self, i: list[Any], client: Any = None) -> Any:
        """The fileset of images, with its images."""
        params = omero.sys.ParametersI().addIds([image.id.val for image in i])
        query = "select fs from Fileset fs join fetch fs.images image where image.id in (:ids)"
        return (client or self.client).sf.getQueryService().findByQuery(query, params)

    def calculate_sha1(self, data: bytes) -> str:
        """The SHA1 in hexadecimal digits."""
        return hashlib.sha1(data, usedforsecurity=False).hexdigest()

    def missing_pyramid(self, client: Any = None) -> Any:
        """Pixels so large that they need a pyramid, without one."""
        return self.create_pixels(x=4000, y=4000, z=1, c=1, t=1, client=client)  # type: ignore[attr-defined]

    def wait_for_pyramid(self, id: Any, client: Any = None) -> None:
        """Wait until an image's pixels (by id) can be read in tiles."""
        client = client or self.client
        store = client.sf.createRawPixelsStore()
        try:
            store.setPixelsId(int(getattr(id, "val", id)), True, {"omero.group": "-1"})
            store.getTileSize()
        finally:
            store.close()
