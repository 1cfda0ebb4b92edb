"""`omero help` and `omero version` as controls."""

from omero_cli.controls.native import NativeControl

__all__ = ["HelpControl", "VersionControl"]

HelpControl = NativeControl.of("help")
VersionControl = NativeControl.of("version")
