"""`omero node` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["NodeControl"]

NodeControl = NativeControl.of("node")
