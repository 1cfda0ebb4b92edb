"""Readers of image files: one module per format family, one protocol (`Reader`), one table (`registry`)."""
