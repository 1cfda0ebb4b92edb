"""`omero script` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ScriptControl"]

ScriptControl = NativeControl.of("script")
