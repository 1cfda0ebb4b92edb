"""Where the official library keeps ``omero.sys.ParametersI``."""

from __future__ import annotations

from omero.rtypes import rbool, rint, rlist, rlong, rstring, rtime
from omero.sys import ParametersI

__all__ = ["ParametersI", "rbool", "rint", "rlist", "rlong", "rstring", "rtime"]
