"""`omero sessions` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["SessionsControl"]

SessionsControl = NativeControl.of("sessions")
