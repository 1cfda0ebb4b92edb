"""`omero admin` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["AdminControl"]

AdminControl = NativeControl.of("admin")
