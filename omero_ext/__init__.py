"""Modules that came with the official library from elsewhere, for programs that import them from there."""
