# Copyright (c) 2026, Magalu Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates: an authority of the tests, and servers whose certificates it signs."""

from __future__ import annotations

import datetime
import hashlib
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """An authority that signs certificates.

    `path` is the file of its own certificate, under the name that OpenSSL looks for.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name(f"authority {name}")
        self.folder = folder / name
        self.folder.mkdir()
        certificate = self._sign(self.name, self.key, x509.BasicConstraints(ca=True, path_length=None))
        # OpenSSL's hash of a subject: of its canonical form (in lower case, without the outermost header).
        digest = hashlib.sha1(self.name.public_bytes()[2:]).digest()
        self.path = self.folder / f"{int.from_bytes(digest[:4], 'little'):08x}.0"
        self.path.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, host: str) -> ssl.SSLContext:
        """Return the TLS context of a server with this host name."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(host), key, x509.SubjectAlternativeName([x509.DNSName(host)]))
        chain = self.folder / f"{host}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        chain.write_bytes(private + certificate.public_bytes(Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, of: x509.ExtensionType) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number())
        builder = builder.not_valid_before(now - datetime.timedelta(days=1))
        builder = builder.not_valid_after(now + datetime.timedelta(days=1))
        return builder.add_extension(of, critical=True).sign(self.key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
