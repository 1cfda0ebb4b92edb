"""Dictionaries in texts, JSON or YAML: of a file here, of a file on the server, or the text itself."""

from __future__ import annotations

import json
import os
from typing import Any

import yaml

from omero.rtypes import unwrap

__all__ = ["dump", "get_format_filename", "get_format_originalfileid", "get_supported_formats", "load"]

EXTENSIONS = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}
MIMETYPES = {"application/json": "json", "application/x-yaml": "yaml", "application/yaml": "yaml"}
REFERENCE = "OriginalFile:"


def get_supported_formats() -> tuple[str, ...]:
    """The names of the formats."""
    return ("json", "yaml")


def load(fileobj: Any, filetype: str | None = None, single: bool = True, session: Any = None) -> Any:
    """Read from a file's name, a text that is a JSON object, or "OriginalFile:ID" (which needs a session).

    ``filetype`` is "json" or "yaml"; without it, the file's name or its type on the server tells. YAML may hold several
    documents: with ``single=False`` they are returned as a list. Raises ValueError when the format is not known,
    Exception when there is not exactly one document.
    """
    if not isinstance(fileobj, str | os.PathLike):
        raise Exception("Invalid type: fileobj must be a filename or json string")
    content, format_ = _content(os.fspath(fileobj), filetype, session)
    if format_ == "json":
        return json.loads(content) if single else [json.loads(content)]
    if format_ != "yaml":
        raise ValueError(f"Unknown file format: {fileobj}")
    documents = list(yaml.safe_load_all(content))
    if single and len(documents) != 1:
        raise Exception(f"Expected YAML file with one document, found {len(documents)}")
    return documents[0] if single else documents


def _content(source: str, filetype: str | None, session: Any) -> tuple[bytes | str, str]:
    if source.lstrip().startswith("{"):
        return source, "json"
    if not source.startswith(REFERENCE):
        return get_format_filename(source, filetype)
    if session is None:
        raise ValueError(f"OMERO session required: {source}")
    return get_format_originalfileid(int(source.removeprefix(REFERENCE)), filetype, session)


def dump(data: Any, formattype: str) -> str:
    """``data`` as "json" or "yaml". Raises ValueError for another format."""
    if formattype == "json":
        return json.dumps(data)
    if formattype == "yaml":
        return yaml.safe_dump(data)
    raise ValueError(f"Unknown format: {formattype}")


def _format_from_name(filename: str) -> str | None:
    return EXTENSIONS.get(os.path.splitext(filename)[1].lower())


def get_format_filename(filename: str, filetype: str | None) -> tuple[bytes, str]:
    """The content and the format of a file. Raises ValueError when the format is not known."""
    format_ = filetype or _format_from_name(filename)
    if format_ not in get_supported_formats():
        raise ValueError(f"Unknown file format: {filename}")
    with open(filename, "rb") as handle:
        return handle.read(), format_


def get_format_originalfileid(originalfileid: int, filetype: str | None, session: Any) -> tuple[bytes, str]:
    """The content and the format of a file on the server. Raises ValueError when the format is not known."""
    described = session.getQueryService().get("OriginalFile", int(originalfileid))
    format_ = filetype or MIMETYPES.get(unwrap(described.mimetype)) or _format_from_name(unwrap(described.name))
    if format_ not in get_supported_formats():
        raise ValueError(f"Unknown file format: {REFERENCE}{originalfileid}")
    store = session.createRawFileStore()
    try:
        store.setFileId(int(originalfileid))
        return store.read(0, unwrap(described.size)), format_
    finally:
        store.close()
