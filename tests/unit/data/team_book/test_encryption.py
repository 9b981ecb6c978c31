"""A database on another machine is reached with TLS that checks its certificate and its name."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from core.errors import BookClosed
from data.team_book.address import parse_address
from data.team_book.connection import Server as Connection
from tests.support.postgres import server_dsn
from tests.support.postgres_keeper import WINDOWS

pytestmark = pytest.mark.skipif(WINDOWS, reason="the database behind is reached by a socket that is a file")
SSL_REQUEST: Final = 80_877_103
GSS_REQUEST: Final = 80_877_104
"""The codes with which a client begins: https://www.postgresql.org/docs/current/protocol-message-formats.html"""


def write_certificate(folder: Path, name: str) -> None:
    """Write `server.key` and `server.crt`, a certificate that signs itself, for a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "server.crt").write_bytes(certificate.public_bytes(pem))
    (folder / "server.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "server.key").chmod(0o600)


class Front:
    """A server with TLS in front of a database: it answers the request for TLS, and passes on what comes after it.

    The servers of the tests' packages are built without TLS. `heard` is what it got beyond the greeting.
    """

    def __init__(self, behind: str, context: ssl.SSLContext | None) -> None:
        self.heard = b""
        self._behind = behind
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError), plain:
                self._greet(plain)

    def _greet(self, plain: socket.socket) -> None:
        while (code := int.from_bytes(plain.recv(8)[4:], "big")) != SSL_REQUEST:
            if code != GSS_REQUEST:
                return
            plain.sendall(b"N")
        if self._context is None:
            plain.sendall(b"N")
            self.heard += plain.recv(1024)
            return
        plain.sendall(b"S")
        with (
            self._context.wrap_socket(plain, server_side=True) as client,
            socket.socket(socket.AF_UNIX) as server,
        ):
            server.connect(self._behind)
            back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
            back.start()
            while data := client.recv(65_536):
                self.heard += data
                server.sendall(data)
            server.shutdown(socket.SHUT_RDWR)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """Yield a server with TLS that has the name db.example.com. Its certificate is in tmp_path."""
    write_certificate(tmp_path, "db.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
    front = Front(_behind(), context)
    yield front
    front.close()


def _behind() -> str:
    """Return the socket of the run's database server."""
    parts = dict(part.split("=") for part in server_dsn().split())
    return f"{parts['host']}/.s.PGSQL.{parts['port']}"


def connect(front: Front, host: str, root: Path | str) -> bool:
    """Connect as a desk does to a host on another machine; return True if the connection is encrypted.

    `hostaddr` leads to this machine, so that the test reaches no other one. The name counts as that of another machine.
    """
    address = parse_address(
        f"postgresql://desk@{host}:{front.port}/postgres?hostaddr=127.0.0.1&sslrootcert={root}"
    )
    connection = Connection(address)
    try:
        return connection.read(lambda connected: bool(connected.pgconn.ssl_in_use))
    finally:
        connection.close()


def test_a_server_whose_certificate_is_known_and_has_its_name_is_reached_encrypted(
    front: Front, tmp_path: Path
) -> None:
    assert connect(front, "db.example.com", tmp_path / "server.crt")
    assert b"desk" in front.heard


def test_a_certificate_for_another_host_hears_nothing(front: Front, tmp_path: Path) -> None:
    with pytest.raises(BookClosed) as caught:
        connect(front, "other.example.com", tmp_path / "server.crt")
    assert caught.value.code == "book-away"
    assert front.heard == b""


def test_an_unknown_authority_hears_nothing(front: Front) -> None:
    with pytest.raises(BookClosed) as caught:
        connect(front, "db.example.com", "system")
    assert caught.value.code == "book-away"
    assert front.heard == b""


def test_a_server_without_tls_hears_nothing(tmp_path: Path) -> None:
    write_certificate(tmp_path, "db.example.com")
    front = Front(_behind(), None)
    with pytest.raises(BookClosed) as caught:
        connect(front, "db.example.com", tmp_path / "server.crt")
    assert caught.value.code == "book-away"
    front.close()
    assert front.heard == b""
