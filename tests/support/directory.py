"""A real LDAP server for tests: OpenLDAP's slapd, in a process and a folder of its own, with people and groups."""

from __future__ import annotations

import datetime
import ipaddress
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from omero_server.security.ldap.library import library
from tests.support.instance import free_ports

BASE = "ou=LifeSciences,o=College"
READER, READER_PASSWORD = "cn=reader,o=College", "reader's secret"
ADMIN, ADMIN_PASSWORD = "cn=admin,o=College", "admin's secret"
SECRET = "a secret of the directory"
START_SECONDS = 20.0
CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {root}/slapd.pid
TLSCACertificateFile {root}/certificate.pem
TLSCertificateFile {root}/certificate.pem
TLSCertificateKeyFile {root}/key.pem
allow bind_anon_cred
database mdb
maxsize 16777216
suffix "o=College"
rootdn "{admin}"
rootpw "{password}"
directory {root}/db
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=Hidden,o=College" by anonymous auth by * none
access to * by * read
"""


class LdapServer:
    """Started in `root`; `ldap` and `ldaps` are its URLs. `allow bind_anon_cred` makes it accept a login without
    password, as many directories do.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = free_ports(2)
        self.ldap, self.ldaps = f"ldap://127.0.0.1:{self.ports[0]}", f"ldaps://127.0.0.1:{self.ports[1]}"
        self.certificate = root / "certificate.pem"
        write_certificate(root)
        (root / "db").mkdir()
        text = CONFIG.format(root=root, admin=ADMIN, password=ADMIN_PASSWORD)
        (root / "slapd.conf").write_text(text, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        # A copy: where AppArmor watches over slapd, it lets the installed one use its own folders only.
        program, listen = shutil.copy(slapd(), self.root / "slapd"), f"{self.ldap} {self.ldaps}"
        command = [program, "-f", str(self.root / "slapd.conf"), "-h", listen, "-d", "0"]
        with (self.root / "slapd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.root)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self._process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.ports[0])) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"slapd did not start: {(self.root / 'slapd.log').read_text()}")

    def stop(self) -> None:
        """Stop; it can be started again with the same contents."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def add(self, dn: str, kinds: list[str] | str, **attributes: Any) -> None:
        """Add an entry."""
        self._do("add", dn, kinds, attributes)

    def change(self, dn: str, **attributes: str | list[str]) -> None:
        """Replace values of an entry; an empty list removes the attribute."""
        values = {name: v if isinstance(v, list) else [v] for name, v in attributes.items()}
        self._do("modify", dn, {name: [("MODIFY_REPLACE", v)] for name, v in values.items()})

    def delete(self, dn: str) -> None:
        """Delete an entry."""
        self._do("delete", dn)

    def person(self, name: str, unit: str = "ou=TheLab", **attributes: Any) -> str:
        """Add a person with the password SECRET; the distinguished name."""
        dn = f"cn={library().utils.dn.escape_rdn(name)},{unit},{BASE}"
        values = {"cn": name, "sn": name.title(), "givenName": "First", "mail": f"{name}@example.org"} | attributes
        self.add(dn, ["inetOrgPerson"], userPassword=SECRET, **values)
        return dn

    def group(self, name: str, *members: str, **attributes: Any) -> str:
        """Add a group of these entries; the distinguished name."""
        dn = f"cn={library().utils.dn.escape_rdn(name)},ou=Groups,{BASE}"
        self.add(dn, ["groupOfNames"], cn=name, member=list(members) or [ADMIN], **attributes)
        return dn

    def _do(self, operation: str, *arguments: Any) -> None:
        ldap3 = library()
        server = ldap3.Server(self.ldap, get_info=ldap3.NONE)
        connection = ldap3.Connection(server, ADMIN, ADMIN_PASSWORD, check_names=False, raise_exceptions=True)
        connection.bind()
        try:
            getattr(connection, operation)(*arguments)
        finally:
            connection.unbind()


@contextmanager
def ldap_server() -> Iterator[LdapServer]:
    """A running server with the units TheLab, OtherLab and Groups, and an account that may read it."""
    root = Path(tempfile.mkdtemp(prefix="omero-ldap-"))
    server = LdapServer(root)
    try:
        server.start()
        server.add("o=College", ["organization"], o="College")
        server.add(READER, ["person"], cn="reader", sn="reader", userPassword=READER_PASSWORD)
        server.add(BASE, ["organizationalUnit"], ou="LifeSciences")
        for unit in ("TheLab", "OtherLab", "Groups"):
            server.add(f"ou={unit},{BASE}", ["organizationalUnit"], ou=unit)
        yield server
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)


def properties(server: LdapServer, **changes: str) -> dict[str, str]:
    """The configuration for this server; keywords are properties below omero.ldap."""
    values = {"config": "true", "urls": server.ldap, "base": BASE, "username": READER, "password": READER_PASSWORD}
    return {f"omero.ldap.{name}": value for name, value in {**values, **changes}.items()}


def slapd() -> str:
    """Where slapd is; the test is skipped, naming it, when it is not installed."""
    found = shutil.which("slapd") or shutil.which("slapd", path="/usr/sbin:/usr/local/sbin:/usr/local/libexec")
    if found is None:
        pytest.skip("slapd is not installed (Debian's package slapd): no LDAP server to test with")
    return found


def write_certificate(root: Path) -> None:
    """A certificate for 127.0.0.1, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "directory of tests")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    (root / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (root / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
