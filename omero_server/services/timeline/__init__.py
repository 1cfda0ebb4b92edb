"""ITimeline: what is new."""
