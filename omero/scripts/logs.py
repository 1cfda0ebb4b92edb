"""Logs of the scripts' side of the library, under the names that log configurations know."""

from __future__ import annotations

import logging

__all__ = ["BASE_LOG", "PROC_LOG", "TYPE_LOG"]

BASE_LOG = logging.getLogger("omero.scripts")
TYPE_LOG = logging.getLogger("omero.scripts.Type")
PROC_LOG = logging.getLogger("omero.scripts.ProcessCallback")
