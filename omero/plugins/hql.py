"""`omero hql` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["HqlControl"]

HqlControl = NativeControl.of("hql")
