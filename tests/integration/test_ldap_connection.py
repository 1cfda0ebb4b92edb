"""The connection to an LDAP server: encrypted, refused, down, silent, and elsewhere."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_pem_private_key, pkcs12

import omero
from omero_server.control.config import Config, ConfigError
from omero_server.security.ldap.settings import LdapSettings
from tests.support.directory import BASE, SECRET, LdapServer, ldap_server, properties
from tests.support.doors import Door
from tests.support.instance import free_ports
from tests.support.lab import Lab


@pytest.fixture(scope="module")
def directory() -> Iterator[LdapServer]:
    with ldap_server() as server:
        server.person("emma")
        yield server


def trusting(server: LdapServer, **changes: str) -> dict[str, str]:
    return properties(server, **changes) | {"omero.security.trustStore": str(server.certificate)}


def test_ldaps(lab: Lab, directory: LdapServer) -> None:
    assert Door(lab, trusting(directory, urls=directory.ldaps)).opens("emma")
    assert not Door(lab, trusting(directory, urls=directory.ldaps)).opens("emma", "wrong")


def test_start_tls(lab: Lab, directory: LdapServer) -> None:
    assert Door(lab, trusting(directory, start_tls="true")).opens("emma")


@pytest.mark.parametrize("how", ["ldaps", "start_tls"])
def test_a_server_that_nobody_vouches_for_gets_no_password(lab: Lab, directory: LdapServer, how: str) -> None:
    urls = {"urls": directory.ldaps} if how == "ldaps" else {"start_tls": "true"}
    with pytest.raises(omero.ResourceError, match="certificate"):
        Door(lab, properties(directory, **urls)).opens("emma")


def test_a_certificate_for_another_name_is_refused(lab: Lab, directory: LdapServer) -> None:
    elsewhere = directory.ldaps.replace("127.0.0.1", "localhost")
    with pytest.raises(omero.ResourceError, match=r"(?i)certificate"):
        Door(lab, trusting(directory, urls=elsewhere)).opens("emma")


def test_stores_in_pkcs12(lab: Lab, directory: LdapServer, tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(directory.certificate.read_bytes())
    key: Any = load_pem_private_key((directory.root / "key.pem").read_bytes(), None)
    locked = BestAvailableEncryption(b"changeit")
    (tmp_path / "trust.p12").write_bytes(pkcs12.serialize_key_and_certificates(None, None, None, [certificate], locked))
    (tmp_path / "key.p12").write_bytes(pkcs12.serialize_key_and_certificates(b"k", key, certificate, None, locked))
    stores = {
        "omero.security.trustStore": str(tmp_path / "trust.p12"),
        "omero.security.trustStorePassword": "changeit",
        "omero.security.keyStore": str(tmp_path / "key.p12"),
        "omero.security.keyStorePassword": "changeit",
    }
    values = properties(directory, urls=directory.ldaps)
    assert Door(lab, values | stores).opens("emma")
    assert (lab.config.instance.run_dir / "ldap-key.pem").stat().st_mode & 0o077 == 0
    with pytest.raises(omero.ResourceError, match=r"trustStorePassword is wrong"):
        Door(lab, values | stores | {"omero.security.trustStorePassword": "other"}).opens("emma")
    (tmp_path / "old.jks").write_bytes(b"\xfe\xed\xfe\xed\0\0\0\2")
    with pytest.raises(omero.ResourceError, match="keytool -importkeystore"):
        Door(lab, values | {"omero.security.trustStore": str(tmp_path / "old.jks")}).opens("emma")


def test_a_server_that_is_down(lab: Lab, directory: LdapServer) -> None:
    down = f"ldap://127.0.0.1:{free_ports(1)[0]}"
    here = Door(lab, properties(directory, urls=down))
    assert Door(lab, properties(directory)).opens("emma")
    with pytest.raises(omero.ResourceError, match="No LDAP server can be asked"):
        here.opens("emma")
    with pytest.raises(omero.ResourceError, match="No LDAP server can be asked"):
        here.opens("unknown")
    assert here.opens("guest", "")
    with lab.call("root", None) as call:
        here.passwords.change(call, lab.scene.users["ann"], "ann's password")
    assert here.opens("ann", "ann's password")
    assert Door(lab, properties(directory, urls=f"{down} {directory.ldap}")).opens("emma")


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in held:
            connection.close()


@pytest.mark.parametrize("kind", ["ldap", "ldaps"])
def test_a_server_that_is_silent_is_given_up(lab: Lab, directory: LdapServer, kind: str) -> None:
    with silent_server() as port:
        waits = {"connect_timeout": "1000", "read_timeout": "1000"}
        here = Door(lab, properties(directory, urls=f"{kind}://127.0.0.1:{port}", **waits))
        started = time.monotonic()
        with pytest.raises(omero.ResourceError, match="No LDAP server can be asked"):
            here.opens("somebody")
        assert time.monotonic() - started < 8


def test_wrong_password_of_the_servers_own_account(lab: Lab, directory: LdapServer) -> None:
    with pytest.raises(omero.ResourceError, match=r"omero\.ldap\.username"):
        Door(lab, properties(directory, password="wrong")).opens("emma")


def test_anonymous_searches(lab: Lab, directory: LdapServer) -> None:
    assert Door(lab, properties(directory, username="", password="")).opens("emma")


def test_a_filter_that_is_none_is_named(lab: Lab, directory: LdapServer) -> None:
    with pytest.raises(omero.ResourceError, match="Filter"):
        Door(lab, properties(directory, user_filter="((objectClass=person)")).opens("emma")


@pytest.fixture(scope="module")
def referring(directory: LdapServer) -> LdapServer:
    """A unit of the college that the directory refers to from below the base."""
    directory.add("ou=Elsewhere,o=College", ["organizationalUnit"], ou="Elsewhere")
    directory.add(
        "cn=rita,ou=Elsewhere,o=College", ["inetOrgPerson"], cn="rita", sn="R", givenName="Rita", userPassword=SECRET
    )
    url = f"{directory.ldap}/ou=Elsewhere,o=College"
    directory.add(f"ou=Elsewhere,{BASE}", ["referral", "extensibleObject"], ou="Elsewhere", ref=url)
    return directory


def test_referrals(lab: Lab, referring: LdapServer) -> None:
    assert not Door(lab, properties(referring)).opens("rita")
    assert Door(lab, properties(referring, referral="follow")).opens("rita")
    with pytest.raises(omero.ResourceError, match=r"refers to .*omero\.ldap\.referral"):
        Door(lab, properties(referring, referral="throw")).opens("rita")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("urls", "http://example.org"),
        ("urls", " "),
        ("referral", "sometimes"),
        ("user_mapping", "firstName=givenName"),
        ("user_mapping", "omeName=cn,shoeSize=size"),
        ("group_mapping", "name"),
        ("user_filter", "objectClass=person"),
        ("new_user_group", ":bean:mine"),
        ("new_user_group", ":attribute:"),
        ("connect_timeout", "soon"),
        ("config", "perhaps"),
    ],
)
def test_settings_that_make_no_sense_are_named(lab: Lab, directory: LdapServer, name: str, value: str) -> None:
    config = Config(lab.config.instance, properties(directory, **{name: value}))
    with pytest.raises(ConfigError, match=f"omero.ldap.{name}"):
        Door(lab, config.explicit())


def test_settings_of_old_configurations(lab: Lab) -> None:
    values = {"omero.ldap.user_mapping": "omeName=uid; firstName=givenName;", "omero.ldap.connect_timeout": "0"}
    settings = LdapSettings.read(Config(lab.config.instance, values))
    assert settings.user_mapping == {"omeName": "uid", "firstName": "givenName"}
    assert settings.connect_timeout == 300.0 and settings.read_timeout == 5.0
    assert settings.urls[0].port == 389


def test_settings_do_not_matter_while_ldap_is_off(lab: Lab) -> None:
    values = {"omero.ldap.new_user_group": ":bean:mine", "omero.ldap.urls": "", "omero.ldap.config": "false"}
    assert Door(lab, values).opens("guest", "")
