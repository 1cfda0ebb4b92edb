"""`omero group` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["GroupControl"]

GroupControl = NativeControl.of("group")
