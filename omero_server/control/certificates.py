"""The server's TLS certificate: self-signed, made on first start, kept until its owner replaces the files.

RSA rather than an elliptic curve, since clients built on Ice 3.6 bring old OpenSSL versions. Existing files are never
overwritten. `server.pem` is the certificate (give it to clients that want to verify the server), `server.key` the
private key and `server.p12` both, protected by the configured password, for IceSSL.
"""

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["ensure_certificate"]

DAYS = 3650


def ensure_certificate(directory: Path, password: str = "") -> Path:
    """Make certificate and key in `directory` unless they are there; returns the path of the certificate.

    `password` protects server.p12; empty leaves it unencrypted (the file is readable by its owner only, as the key is).
    """
    certificate_file, key_file, bundle_file = (directory / f"server.{end}" for end in ("pem", "key", "p12"))
    if certificate_file.exists():
        return certificate_file
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _self_signed(key)
    plain = serialization.NoEncryption()
    protection = serialization.BestAvailableEncryption(password.encode()) if password else plain
    _write(key_file, key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    _write(bundle_file, pkcs12.serialize_key_and_certificates(b"omero", key, certificate, None, protection))
    # Last, since it is what tells the next start that the set is complete.
    _write(certificate_file, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)
    return certificate_file


def _self_signed(key: rsa.RSAPrivateKey) -> x509.Certificate:
    host = socket.gethostname()
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "OMERO"), _common_name(host)])
    names = [x509.DNSName(n) for n in dict.fromkeys(("localhost", host, socket.getfqdn())) if n.isascii()]
    addresses = [x509.IPAddress(ipaddress.ip_address(a)) for a in ("127.0.0.1", "::1")]
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([*names, *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=False)
        .sign(key, hashes.SHA256())
    )


def _common_name(host: str) -> x509.NameAttribute[str]:
    # X.509 limits the common name to 64 characters; the full name is among the alternative names.
    return x509.NameAttribute(NameOID.COMMON_NAME, host[:64] or "localhost")


def _write(path: Path, data: bytes, mode: int = 0o600) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(handle, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
