"""`omero duplicate` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["DuplicateControl"]

DuplicateControl = NativeControl.of("duplicate")
