"""`omero obj` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ObjControl"]

ObjControl = NativeControl.of("obj")
