"""Pixel buffers: planes and regions of an image, whatever holds them."""
