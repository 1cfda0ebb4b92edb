"""The library ldap3, which this package alone uses, and only once LDAP is on: other servers do not pay for it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["DirectoryError", "escaped", "library", "part_of", "texts", "translated"]


class DirectoryError(Exception):
    """The directory cannot be asked, or its answer cannot be used; the text is for administrators and users."""


def library() -> Any:
    """ldap3, without the warnings that its own imports give rise to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ldap3
        import ldap3.core.exceptions
        import ldap3.utils.conv
        import ldap3.utils.dn
    return ldap3


def escaped(text: str) -> str:
    """A text that means itself, and only that, as a value within a filter."""
    return str(library().utils.conv.escape_filter_chars(text))


def texts(raw: Any) -> dict[str, list[str]]:
    """The attributes that are text; pictures and the like are left out."""
    found: dict[str, list[str]] = {}
    for name, values in raw.items():
        try:
            found[name.lower()] = [value.decode() for value in values]
        except UnicodeDecodeError:
            continue
    return found


@contextmanager
def translated() -> Iterator[None]:
    """DirectoryError for whatever ldap3 or the network raises."""
    try:
        yield
    except (library().core.exceptions.LDAPException, OSError) as error:
        raise DirectoryError(f"{type(error).__name__}: {error}") from error


def part_of(dn: str, attribute: str) -> str | None:
    """The value of an attribute in a distinguished name, the one nearest to the entry; None if there is none."""
    ldap3 = library()
    try:
        parts = ldap3.utils.dn.parse_dn(dn, escape=False, strip=True)
    except ldap3.core.exceptions.LDAPInvalidDnError:
        return None
    values = [unescaped(value) for name, value, _ in parts if name.lower() == attribute.lower()]
    return values[0] if values else None


def unescaped(value: str) -> str:
    """A value of a distinguished name without its backslashes (RFC 4514)."""
    raw = re.sub(
        rb"\\([0-9a-fA-F]{2}|.)",
        lambda match: bytes.fromhex(match.group(1).decode()) if len(match.group(1)) == 2 else match.group(1),
        value.encode(),
    )
    return raw.decode("utf-8", "replace")
