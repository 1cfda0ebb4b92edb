"""Permissions, privileges, read filter and passwords."""
