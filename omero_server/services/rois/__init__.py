"""IRoi: regions of interest, their points and statistics."""
