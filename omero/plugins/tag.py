"""`omero tag` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["TagControl"]

TagControl = NativeControl.of("tag")
