"""Images as OME-Zarr 0.4 and 0.5 and as raw tiles, made while they are read: nothing is copied or stored."""
