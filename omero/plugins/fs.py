"""`omero fs` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["FsControl"]

FsControl = NativeControl.of("fs")
