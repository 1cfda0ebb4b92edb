"""A folder for the PYTHONPATH of a server: see its sitecustomize."""
