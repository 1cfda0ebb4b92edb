"""`omero user` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["UserControl"]

UserControl = NativeControl.of("user")
