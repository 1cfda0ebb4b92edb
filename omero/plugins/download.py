"""`omero download` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["DownloadControl"]

DownloadControl = NativeControl.of("download")
