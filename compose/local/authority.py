"""A certificate authority of our own, for servers that want TLS with client certificates. Nothing of it outlives its folder."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Pair:
    """The files of a certificate and of its key."""

    cert: Path
    key: Path


class Authority:
    """Signs certificates for the loopback; its own is `ca.crt` in the folder."""

    def __init__(self, folder: Path, name: str = "Canvasback test authority") -> None:
        self.folder, self._subject = folder, _named(name)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def ca(self) -> Path:
        """The file of its certificate."""
        _ = self._signer
        return self.folder / "ca.crt"

    @cached_property
    def _signer(self) -> ec.EllipticCurvePrivateKey:
        key = ec.generate_private_key(ec.SECP256R1())
        own = _builder(self._subject, self._subject, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        (self.folder / "ca.crt").write_bytes(own.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return key

    def issue(self, name: str) -> Pair:
        """A certificate for a server on the loopback, or for a client of that name."""
        key, pair = ec.generate_private_key(ec.SECP256R1()), Pair(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        signed = _builder(_named(name), self._subject, key).add_extension(names, critical=False).sign(self._signer, hashes.SHA256())
        pair.cert.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        pair.key.touch(mode=0o600)
        plain = serialization.NoEncryption()
        pair.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
        return pair


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    return made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(minutes=5)).not_valid_after(now + LIFE)
