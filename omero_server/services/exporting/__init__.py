"""Exporter: images as OME-XML and OME-TIFF."""
