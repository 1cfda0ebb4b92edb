"""Parts of queries that load pixels and channels."""

from __future__ import annotations

__all__ = ["channels_query", "pixels_query"]


def pixels_query(imageName: str) -> str:
    """Loads the pixels of ``imageName``, as ``pixels``."""
    return f" left outer join fetch {imageName}.pixels as pixels left outer join fetch pixels.pixelsType"


def channels_query() -> str:
    """Loads the channels of ``pixels``."""
    return (
        " join fetch pixels.channels as channels join fetch channels.logicalChannel as logicalChannel"
        " left outer join fetch logicalChannel.photometricInterpretation"
        " left outer join fetch logicalChannel.illumination left outer join fetch logicalChannel.mode"
        " left outer join fetch logicalChannel.contrastMethod"
    )
