"""The download policy: who may have files as they are.

``omero.policy.binary_access``, for the whole server and, as an entry of its configuration, for a group: tokens +/-
read, write, image, plate. A minus wins over a plus; what neither of them mentions is denied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from omero_server.db.tables import TABLES

__all__ = ["OPEN", "POLICY_KEY", "DownloadPolicy", "load_policy"]

POLICY_KEY = "omero.policy.binary_access"
FEATURES = frozenset({"read", "write", "image", "plate"})


@dataclass(frozen=True, slots=True)
class DownloadPolicy:
    """The tokens of the server, and those of the groups that have some, by id."""

    server: tuple[str, ...]
    groups: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def denied(self, group_id: int | None) -> frozenset[str]:
        """The features that are off for data of a group."""
        tokens = (*self.server, *(self.groups.get(group_id, ()) if group_id is not None else ()))
        allowed = {token[1:] for token in tokens if token.startswith("+")}
        refused = {token[1:] for token in tokens if token.startswith("-")}
        return (FEATURES - allowed) | (FEATURES & refused)


OPEN = DownloadPolicy(tuple(f"+{name}" for name in sorted(FEATURES)))


def load_policy(db: Connection, server: Iterable[str]) -> DownloadPolicy:
    """The policy with the groups' own entries; ``server``: the tokens of the server's property."""
    config = TABLES["experimentergroup_config"]
    chosen = select(config.c.experimentergroup_id, config.c.value).where(config.c.name == POLICY_KEY)
    groups = {group: _tokens((value or "").split(",")) for group, value in db.execute(chosen)}
    return DownloadPolicy(_tokens(server), groups)


def _tokens(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word.strip() for word in words)
