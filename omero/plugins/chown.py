"""`omero chown` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ChownControl"]

ChownControl = NativeControl.of("chown")
