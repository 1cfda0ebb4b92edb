"""IPixels and RawPixelsStore: pixels and their values."""
