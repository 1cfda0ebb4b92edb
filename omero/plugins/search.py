"""`omero search` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["SearchControl"]

SearchControl = NativeControl.of("search")
