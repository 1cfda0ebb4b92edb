"""Annotations that an import puts on every image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import omero.model
from omero.rtypes import rstring

__all__ = ["text_annotations"]


def text_annotations(
    namespaces: Sequence[str] | None, texts: Sequence[str] | None, links: Sequence[int] | None
) -> list[Any]:
    """A new comment for each text, with the namespace at the same place if there is one, and stored ones by id."""
    made = []
    for index, text in enumerate(texts or ()):
        comment = omero.model.CommentAnnotationI()
        comment.setTextValue(rstring(text))
        if namespaces and index < len(namespaces):
            comment.setNs(rstring(namespaces[index]))
        made.append(comment)
    return made + [omero.model.CommentAnnotationI(annotation, False) for annotation in links or ()]
