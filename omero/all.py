"""``import omero.all``: everything under ``omero`` that a program may name without importing it."""

from __future__ import annotations

import omero
import omero._generated
import omero.callbacks
import omero.clients
import omero.model
import omero.ObjectFactoryRegistrar
import omero.rtypes
import omero.sys

if omero.__import_style__ is None:
    omero.__import_style__ = "all"
