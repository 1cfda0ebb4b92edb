"""IMetadata: annotations, tags and how images were acquired."""
