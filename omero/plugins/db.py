"""`omero db` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["DatabaseControl"]

DatabaseControl = NativeControl.of("db")
