"""`omero help`, `omero version` and their like as controls."""

from omero_cli.controls.native import NativeControl

__all__ = ["ErrorsControl", "HelpControl", "LoadControl", "QuitControl", "ShellControl", "VersionControl"]

ErrorsControl = NativeControl.of("errors")
HelpControl = NativeControl.of("help")
LoadControl = NativeControl.of("load")
QuitControl = NativeControl.of("quit")
ShellControl = NativeControl.of("shell")
VersionControl = NativeControl.of("version")
