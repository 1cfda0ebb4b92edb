"""Certificates for encrypted connections to the directory.

omero.security.trustStore names the certificates to trust (else the system's are), omero.security.keyStore the server's
own certificate with its key. Both are PEM or PKCS#12 files; recent versions of Java's keytool write PKCS#12.
"""

from __future__ import annotations

import os
import ssl
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs12

from omero_server.control.config import Config, ConfigError

__all__ = ["Certificates"]

JAVA_KEYSTORE = b"\xfe\xed\xfe\xed"
PEM = b"-----BEGIN "


class Certificates:
    """Reads the stores once, when the first encrypted connection is made."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def tls(self, ldap3: Any) -> Any:
        """ldap3's settings for TLS 1.2 and newer, with the server's certificate and name checked by Python itself."""
        context = self._context

        class Checked(ldap3.Tls):
            def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:
                connection.socket = context.wrap_socket(connection.socket, server_hostname=connection.server.host)

        return Checked()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self._pem("omero.security.trustStore"))
        own = self._own
        if own:
            context.load_cert_chain(own)
        return context

    @property
    def _own(self) -> str | None:
        text = self._pem("omero.security.keyStore")
        if text is None:
            return None
        # OpenSSL takes keys from files only.
        path = self._config.instance.run_dir / "ldap-key.pem"
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
            file.write(text)
        return str(path)

    def _pem(self, name: str) -> str | None:
        path, password = self._config.get(name).strip(), self._config.get(f"{name}Password")
        if not path:
            return None
        try:
            data = Path(path).expanduser().read_bytes()
        except OSError as error:
            raise ConfigError(f"{name}: {path} cannot be read: {error.strerror}") from None
        if data.startswith(JAVA_KEYSTORE):
            raise ConfigError(
                f"{name}: {path} is in Java's old format. Convert it: keytool -importkeystore -srckeystore {path}"
                " -destkeystore NEW -deststoretype pkcs12"
            )
        if PEM in data:
            return data.decode("ascii", "replace")
        return _unpacked(name, path, data, password)


def _unpacked(name: str, path: str, data: bytes, password: str) -> str:
    try:
        store = pkcs12.load_pkcs12(data, password.encode() or None)
    except ValueError:
        raise ConfigError(f"{name}: {path} is neither PEM nor PKCS#12, or {name}Password is wrong") from None
    parts = [] if store.key is None else [store.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())]
    certificates = [store.cert, *store.additional_certs] if store.cert else store.additional_certs
    parts += [item.certificate.public_bytes(Encoding.PEM) for item in certificates if item is not None]
    return b"".join(parts).decode("ascii")
