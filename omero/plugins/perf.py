"""`omero perf` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["PerfControl"]

PerfControl = NativeControl.of("perf")
