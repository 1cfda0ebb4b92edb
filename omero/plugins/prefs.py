"""`omero config` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["PrefsControl"]

PrefsControl = NativeControl.of("config")
