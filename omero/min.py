"""``import omero.min``: the services, commands, constants and rtypes, and what they need."""

from __future__ import annotations

import omero
import omero._generated
import omero.rtypes

if omero.__import_style__ is None:
    omero.__import_style__ = "min"
