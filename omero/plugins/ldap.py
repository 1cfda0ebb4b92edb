"""`omero ldap` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["LdapControl"]

LdapControl = NativeControl.of("ldap")
