"""Hashes of passwords as they stand in the table `password`.

Two forms are read. Other OMERO servers write base64(md5(salt + password)), where the salt is the user id as 8 bytes
big-endian; older rows lack the salt or encode the password as Latin-1. New hashes are argon2id, unless the property
`omero.security.password_hash` is `md5`. Missing (NULL) and blank hashes never verify here: whether an account without
password may log in is the caller's decision.
"""

import base64
import hashlib
import hmac
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

__all__ = ["ARGON2_PREFIX", "METHODS", "hash_password", "verify"]

ARGON2ID = "argon2id"
MD5 = "md5"
METHODS = (ARGON2ID, MD5)
ARGON2_PREFIX = "$argon2"


def hash_password(user_id: int | None, text: str, method: str = ARGON2ID) -> str:
    """The hash to store for `text`; ValueError when `method` is not in METHODS.

    `user_id` None leaves out the salt of the md5 form, for users whose id is not known yet.
    """
    if method == ARGON2ID:
        return _argon2().hash(text)
    if method == MD5:
        return _md5((b"" if user_id is None else _salt(user_id)) + text.encode())
    raise ValueError(f"Unknown password hash {method!r}: omero.security.password_hash is one of {', '.join(METHODS)}")


def verify(user_id: int, text: str, stored: str | None, method: str = ARGON2ID) -> tuple[bool, bool]:
    """Whether `text` is the password, and whether the caller should store a fresh `hash_password` in `method`."""
    if stored is None or not stored.strip():
        return False, False
    if stored.startswith(ARGON2_PREFIX):
        return _verify_argon2(text, stored, method)
    matched = _matching_md5(user_id, text, stored.strip())
    # Only the first form is what md5 servers write today.
    return matched is not None, matched is not None and (method != MD5 or matched > 0)


def _verify_argon2(text: str, stored: str, method: str) -> tuple[bool, bool]:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _argon2().verify(stored, text)
    except (VerificationError, InvalidHashError):
        return False, False
    return True, method != ARGON2ID or _argon2().check_needs_rehash(stored)


def _matching_md5(user_id: int, text: str, stored: str) -> int | None:
    """Which of the md5 forms matches: 0 salted UTF-8, 1 plain UTF-8, 2 salted Latin-1, 3 plain Latin-1."""
    candidates = [_salt(user_id) + text.encode(), text.encode()]
    if all(ord(character) < 256 for character in text):
        candidates += [_salt(user_id) + text.encode("latin-1"), text.encode("latin-1")]
    hits = [i for i, data in enumerate(candidates) if hmac.compare_digest(_md5(data).encode(), stored.encode())]
    return hits[0] if hits else None


def _salt(user_id: int) -> bytes:
    return user_id.to_bytes(8, "big", signed=True)


def _md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


@cache
def _argon2() -> "PasswordHasher":
    from argon2 import PasswordHasher

    return PasswordHasher()
