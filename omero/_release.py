"""The release of OMERO that this library stands in for. Programs compare it with that of a server."""

from __future__ import annotations

omero_version = "5.23.0"
ice_compatibility = "3.6.5"
build_year = "2023"
