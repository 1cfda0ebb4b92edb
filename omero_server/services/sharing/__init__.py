"""IShare: images shown to others for a while."""
