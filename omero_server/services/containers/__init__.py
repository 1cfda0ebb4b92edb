"""IContainer: projects, datasets, screens and plates with what is in them."""
