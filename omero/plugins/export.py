"""`omero export` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ExportControl"]

ExportControl = NativeControl.of("export")
