"""What programs take from the official library's modules for installations."""
