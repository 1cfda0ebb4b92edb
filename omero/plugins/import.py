"""`omero import` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ImportControl"]

ImportControl = NativeControl.of("import")
