"""`omero delete` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["DeleteControl"]

DeleteControl = NativeControl.of("delete")
