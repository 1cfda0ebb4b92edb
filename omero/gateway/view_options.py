"""What an image wrapper shows beside its settings: a projection, and whether sections and time points are exchanged."""

from __future__ import annotations

from typing import Any

__all__ = ["ViewOptions"]


class ViewOptions:
    """The part of an image wrapper that collects these options and sets them again."""

    def _collectRenderOptions(self) -> dict[str, str]:
        """The options in use: ``p`` the projection, ``ia`` 1 for exchanged axes."""
        inverted = self.isInvertedAxis()  # type: ignore[attr-defined]
        return {"p": self.getProjection(), "ia": "1" if inverted else "0"}  # type: ignore[attr-defined]

    def _loadRenderOptions(self) -> dict[str, Any]:
        """The options stored for the image: none. Frameworks that store some override this."""
        return {}

    def loadRenderOptions(self) -> bool:
        """Set the options that are stored; those that are not go back to what they were at first."""
        options = self._loadRenderOptions()
        self.setProjection(options.get("p"))  # type: ignore[attr-defined]
        self.setInvertedAxis(options.get("ia", "0") == "1")  # type: ignore[attr-defined]
        return True
