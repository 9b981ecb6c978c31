"""The rules of the network, on real connections: who is trusted, where a request may go, and what may carry it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.errors import Unreachable, UsageError
from core.push.plan import System
from core.push.ports import LEASE_ENDED, NotSent
from core.push.team.lease_keeper import SEND_PERMIT
from data.vendors.http import transport as connections
from data.vendors.http.client import HttpClient, SystemAddress, check_proxy
from tests.support.raw_server import serve

x509 = pytest.importorskip(
    "cryptography.x509", reason="makes the test's own certificates; keyring brings it on Linux"
)
SECRET = "s3cr3t-of-the-desk"


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - slow to load, and a few tests need it

        self._folder = folder
        self._make_key = lambda: ec.generate_private_key(ec.SECP256R1())
        self._key = self._make_key()
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an authority")])
        certificate = self._signed(self._name, self._key, x509.BasicConstraints(ca=True, path_length=None))
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate)

    def server(self, *names: str) -> ssl.SSLContext:
        """Give a server's side with a certificate for these names, or addresses."""
        from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - slow to load, and a few tests need it

        key = self._make_key()
        said = [x509.IPAddress(ipaddress.ip_address(n)) if n[0].isdigit() else x509.DNSName(n) for n in names]
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a server")])
        private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
        file = self._folder / "server.pem"
        file.write_bytes(private + self._signed(subject, key, x509.SubjectAlternativeName(said)))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _signed(self, subject: Any, key: Any, extension: Any) -> bytes:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - slow to load, and a few tests need it

        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        if isinstance(extension, x509.BasicConstraints):
            usage = dict.fromkeys(
                (
                    *("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
                    *("encipher_only", "decipher_only"),
                ),
                False,
            )
            signs = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage)
            made = made.add_extension(signs, critical=True)
        signed = made.sign(self._key, hashes.SHA256())
        return bytes(signed.public_bytes(serialization.Encoding.PEM))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture(autouse=True)
def _contexts_anew(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(connections, "_TLS_CONTEXT", None)
    yield
    connections._TLS_CONTEXT = None


@asynccontextmanager
async def _server(context: ssl.SSLContext) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve tokens and empty objects over TLS; gives its address, and every byte that came through."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        body = b'{"access_token": "tok", "expires_in": 300}'
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        writer.write(head.encode() + b"connection: close\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", heard
    finally:
        server.close()


async def _read(url: str) -> None:
    wire = HttpClient(SystemAddress(System.FLEX, url, "desk", SECRET, rate=600_000, deadline=100))
    try:
        await wire.get("/contacts")
    finally:
        await wire.close()


async def test_a_server_that_a_known_authority_vouches_for_is_spoken_to(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with _server(authority.server("127.0.0.1")) as (url, heard):
        await _read(url)
    assert len(heard) == 2


async def test_an_unknown_authority_hears_nothing(authority: Authority) -> None:
    async with _server(authority.server("127.0.0.1")) as (url, heard):
        with pytest.raises(Unreachable, match="certificate"):
            await _read(url)
    assert heard == []


def _no_authorities_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the machine of the tests may name."""
    for variable in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"])
async def test_an_authority_that_only_other_programs_know_hears_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _no_authorities_named(monkeypatch)
    monkeypatch.setenv(name, str(authority.file))
    async with _server(authority.server("127.0.0.1")) as (url, heard):
        with pytest.raises(Unreachable, match="no authority that this machine knows has signed it"):
            await _read(url)
    assert heard == []


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_a_variable_that_names_the_wrong_authorities_is_in_the_message(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    _no_authorities_named(monkeypatch)
    monkeypatch.setenv(name, str(tmp_path / "none.pem"))
    async with _server(authority.server("127.0.0.1")) as (url, _):
        with pytest.raises(Unreachable, match=f"no authority that {name} names has signed it"):
            await _read(url)


async def test_a_certificate_for_another_host_hears_nothing(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with _server(authority.server("gateway.example", "127.0.0.2")) as (url, heard):
        with pytest.raises(Unreachable, match="certificate"):
            await _read(url)
    assert heard == []


async def test_a_name_that_leads_elsewhere_hears_nothing_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """`localhost` passes as a name; what counts is whom the connection was made to."""
    async with serve() as raw:
        wire = HttpClient(
            SystemAddress(
                System.FLEX, raw.url.replace("127.0.0.1", "localhost"), "desk", SECRET, rate=600_000
            )
        )
        look = socket.getaddrinfo

        def here(host: Any, *rest: Any, **more: Any) -> Any:
            return look("127.0.0.1" if host in ("localhost", b"localhost") else host, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", here)
        assert (await wire.get("/contacts")).status == 200
        await wire.close()
        heard = len(raw.asked) + len(raw.tokens)
        monkeypatch.setattr(
            connections, "is_loopback", lambda host: host == "localhost"
        )  # as if it were elsewhere
        wire = HttpClient(
            SystemAddress(
                System.FLEX, raw.url.replace("127.0.0.1", "localhost"), "desk", SECRET, rate=600_000
            )
        )
        outcome = await wire.write("POST", "/contacts", {"FirstName": "Linh"}, lambda content: "x")
        await wire.close()
        assert isinstance(outcome, NotSent)
        assert (outcome.code, outcome.hopeless) == ("bad-url", True)
        assert len(raw.asked) + len(raw.tokens) == heard


@pytest.mark.parametrize("path", ["@127.0.0.2/contacts", ".evil.example/contacts", ":1/contacts"])
async def test_no_path_leads_to_another_host(path: str) -> None:
    async with serve() as raw:
        root = raw.url.rsplit(":", 1)[0]
        wire = HttpClient(SystemAddress(System.FLEX, root, "desk", SECRET, rate=600_000))
        wire._token, wire._token_until = "tok", float("inf")
        outcome = await wire.write("POST", path, {"FirstName": "Linh"}, lambda content: "x")
        await wire.close()
        assert isinstance(outcome, NotSent)
        assert outcome.code == "bad-url"
        assert raw.asked == []
        assert raw.connections == 0


async def test_a_proxy_that_is_configured_carries_https_and_sees_the_host_alone() -> None:
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    wire = HttpClient(
        SystemAddress(System.FLEX, "https://gateway.example/v1", "desk", SECRET, rate=600_000, proxy=proxy)
    )
    outcome = await wire.write("POST", "/contacts", {"FirstName": "Linh"}, lambda content: "x")
    await wire.close()
    server.close()
    assert isinstance(outcome, NotSent)
    (asked,) = heard
    assert asked.startswith(b"CONNECT gateway.example:443 ")
    assert b"v1" not in asked
    assert b"uthoriz" not in asked


class _Proxy:
    """A proxy that connects to one port, whatever is asked, and calls `connected` then."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connected: Callable[[], object] = lambda: None
        self._tasks: list[asyncio.Task[None]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        back, forth = await asyncio.open_connection("127.0.0.1", self._port)
        self.connected()
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        self._tasks = [
            asyncio.ensure_future(self._carry(reader, forth)),
            asyncio.ensure_future(self._carry(back, writer)),
        ]

    @staticmethod
    async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while part := await reader.read(65_536):
            writer.write(part)
        writer.close()


async def test_a_lease_that_ends_while_the_proxy_connects_keeps_the_request_here(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    async with _server(authority.server("127.0.0.1")) as (url, heard):
        proxy = _Proxy(int(url.rpartition(":")[2]))
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        way = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        wire = HttpClient(SystemAddress(System.FLEX, url, "desk", SECRET, rate=600_000, proxy=way))
        await wire.get("/contacts")
        assert len(heard) == 2
        lasts = True

        def end() -> None:
            nonlocal lasts
            lasts = False

        proxy.connected = end
        SEND_PERMIT.set(lambda seconds: lasts)
        outcome = await wire.write("POST", "/contacts", {"FirstName": "Linh"}, lambda content: "x")
        await wire.close()
        server.close()
    assert isinstance(outcome, NotSent)
    assert outcome.code == LEASE_ENDED
    assert len(heard) == 2


async def test_a_proxy_is_not_used_on_this_machine() -> None:
    async with serve() as raw:
        wire = HttpClient(
            SystemAddress(System.FLEX, raw.url, "desk", SECRET, rate=600_000, proxy="http://127.0.0.1:9")
        )
        assert (await wire.get("/contacts")).status == 200
        await wire.close()


@pytest.mark.parametrize(
    "proxy",
    ["proxy.example:3128", "socks5://proxy.example", "http://jo:pw@proxy.example", "http://[", "http://"],
)
def test_any_other_proxy_is_refused_without_repeating_it(proxy: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_proxy(proxy)
    assert "pw" not in caught.value.message + caught.value.fix
