"""Password hashes: the forms of existing databases and the new one."""

import pytest

from omero_server.security.passwords import hash_password, verify

# Known values of other OMERO servers for the password "omero".
SALTED_ROOT = "kYMkc9SyhupHyJP1Cl2Alg=="
UNSALTED = "LSjpGNDDKH/7iZyIwB8OTA=="


def test_md5_form_of_existing_servers() -> None:
    assert hash_password(0, "omero", "md5") == SALTED_ROOT
    assert hash_password(None, "omero", "md5") == UNSALTED


@pytest.mark.parametrize(
    ("user", "stored", "method", "expected"),
    [
        (0, SALTED_ROOT, "argon2id", (True, True)),
        (0, SALTED_ROOT, "md5", (True, False)),
        (0, UNSALTED, "md5", (True, True)),
        (1, SALTED_ROOT, "md5", (False, False)),
        (1, UNSALTED, "md5", (True, True)),
        (0, None, "md5", (False, False)),
        (0, "", "md5", (False, False)),
        (0, "  ", "argon2id", (False, False)),
        (0, "$argon2id$broken", "argon2id", (False, False)),
    ],
)
def test_verify_omero(user: int, stored: str | None, method: str, expected: tuple[bool, bool]) -> None:
    assert verify(user, "omero", stored, method) == expected


def test_latin1_hashes_match_and_are_renewed() -> None:
    stored = "k+GfsRNFBADEA3ksfjpIOQ=="  # md5 of the Latin-1 bytes of "größe", no salt
    assert verify(7, "größe", stored, "md5") == (True, True)
    assert verify(7, "gr??e", stored, "md5") == (False, False)
    assert verify(7, "gr日e", stored, "md5") == (False, False)


def test_argon2_round_trip() -> None:
    stored = hash_password(5, "pässwörd")
    assert stored.startswith("$argon2id$") and len(stored) < 255
    assert verify(5, "pässwörd", stored) == (True, False)
    assert verify(5, "pässwörd", stored, "md5") == (True, True)
    assert verify(5, "passwörd", stored) == (False, False)
    assert hash_password(5, "pässwörd") != stored


def test_unknown_method_is_named() -> None:
    with pytest.raises(ValueError, match=r"omero\.security\.password_hash"):
        hash_password(0, "x", "sha1")
