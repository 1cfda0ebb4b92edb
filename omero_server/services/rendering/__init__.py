"""RenderingEngine, ThumbnailStore and IRenderingSettings: how images look."""
