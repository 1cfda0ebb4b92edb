"""The self-signed certificate of a first start."""

import ssl
import stat
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import pkcs12

from omero_server.control.certificates import ensure_certificate


def test_certificate_names_this_machine_and_is_accepted_for_localhost(tmp_path: Path) -> None:
    path = ensure_certificate(tmp_path / "ssl")
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "localhost" in names.get_values_for_type(x509.DNSName)
    assert "127.0.0.1" in map(str, names.get_values_for_type(x509.IPAddress))
    assert isinstance(certificate.public_key(), RSAPublicKey)
    _handshake(path)


def test_private_files_are_for_the_owner_and_nothing_is_made_twice(tmp_path: Path) -> None:
    path = ensure_certificate(tmp_path, password="geheim")
    for name in ("server.key", "server.p12"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    key, certificate, _ = pkcs12.load_key_and_certificates((tmp_path / "server.p12").read_bytes(), b"geheim")
    assert key is not None and certificate is not None
    before = path.read_bytes()
    assert ensure_certificate(tmp_path).read_bytes() == before


def _handshake(certificate: Path) -> None:
    """A verifying client and a server with these files agree, in memory."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, certificate.with_name("server.key"))
    client = ssl.create_default_context(cafile=str(certificate))
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    finished = set()
    for _ in range(10):
        for end in ends:
            try:
                end.do_handshake()
                finished.add(end.server_side)
            except ssl.SSLWantReadError:
                continue
    assert finished == {True, False}
