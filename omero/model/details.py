"""``DetailsI``: owner, group, events and permissions of an object."""

from __future__ import annotations

from typing import Any

import omero.model

__all__ = ["DetailsI"]


class DetailsI(omero.model.Details):
    """Who owns an object, when it was made and changed, and what the caller may do with it.

    ``client`` is the client through which the object came, None for objects made here.
    """

    _client: Any = None

    def __init__(self, client: Any = None) -> None:
        super().__init__()
        self._client = client

    def getClient(self) -> Any:
        """The client, or None."""
        return self._client

    def getSession(self) -> Any:
        """The session of the client, or None."""
        return self._client.getSession(False) if self._client else None

    def getEventContext(self) -> Any:
        """The context of the call that loaded the object, or None."""
        return self._event

    def getCallContext(self) -> Any:
        """The call context with which the object was loaded, or None."""
        return self._call

    def getOwner(self) -> Any:
        """Experimenter."""
        return self._owner

    def setOwner(self, value: Any) -> None:
        """Set the owner."""
        self._owner = value

    def getGroup(self) -> Any:
        """ExperimenterGroup."""
        return self._group

    def setGroup(self, value: Any) -> None:
        """Set the group."""
        self._group = value

    def getCreationEvent(self) -> Any:
        """Event in which the object was saved first."""
        return self._creationEvent

    def setCreationEvent(self, value: Any) -> None:
        """Set the creation event."""
        self._creationEvent = value

    def getUpdateEvent(self) -> Any:
        """Event in which the object was saved last."""
        return self._updateEvent

    def setUpdateEvent(self, value: Any) -> None:
        """Set the update event."""
        self._updateEvent = value

    def getPermissions(self) -> Any:
        """Permissions, with what the caller may do."""
        return self._permissions

    def setPermissions(self, value: Any) -> None:
        """Set the permissions."""
        self._permissions = value

    def getExternalInfo(self) -> Any:
        """ExternalInfo, or None."""
        return self._externalInfo

    def setExternalInfo(self, value: Any) -> None:
        """Set the external info."""
        self._externalInfo = value

    owner = property(getOwner, setOwner)
    group = property(getGroup, setGroup)
    creationEvent = property(getCreationEvent, setCreationEvent)
    updateEvent = property(getUpdateEvent, setUpdateEvent)
    permissions = property(getPermissions, setPermissions)
    externalInfo = property(getExternalInfo, setExternalInfo)


DetailsI.__module__ = "omero.model"
