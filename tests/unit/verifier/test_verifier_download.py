"""A download ends in time, within its size, and only where the certificate is the host's."""

import datetime
import ipaddress
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gatepost_verifier import download as module
from gatepost_verifier.download import DOWNLOAD_ERRORS, Answer, download
from tests.unit.authorizer.jwks_server import JwksServer, respond, serve


@pytest.fixture
def server() -> Iterator[JwksServer]:
    with serve(respond(b"{}")) as running:
        yield running


@pytest.mark.parametrize("etag", [None, '"1"', 'W/"1"', "é"])
def test_the_body_with_its_etag(server: JwksServer, etag: str | None) -> None:
    server.answer = respond(b"abc", etag=etag) if etag else respond(b"abc")
    assert download(f"{server.issuer}/x", max_bytes=3) == Answer(b"abc", etag)
    with pytest.raises(ValueError, match="longer than 2 bytes"):
        download(f"{server.issuer}/x", max_bytes=2)


@pytest.mark.parametrize("etag", ['"a"\r\nx-other: y', '"a"\n'])
def test_an_etag_can_not_become_another_header(server: JwksServer, etag: str) -> None:
    with pytest.raises(ValueError, match="header"):
        download(f"{server.issuer}/x", max_bytes=3, etag=etag)


@pytest.mark.parametrize("part", ["head", "body", "chunks"])
def test_r26_what_drips_in_is_given_up(server: JwksServer, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """Never so slow that one step of the socket times out."""
    start = {
        "head": b"HTTP/1.1 200 OK\r\nx: ",
        "body": b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n",
        "chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
    }[part]

    def drip(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(start)
        while not server.closed.wait(0.02):
            request.wfile.write(b"1\r\nx\r\n" if part == "chunks" else b"x")

    server.answer = drip
    monkeypatch.setattr(module, "PATIENCE", 0.2)
    began = time.monotonic()
    with pytest.raises(DOWNLOAD_ERRORS):
        download(f"{server.issuer}/x", max_bytes=100_000)
    assert time.monotonic() - began < 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a key and its self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "issuer of a test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "certificate.pem"
    encoding, kind, encryption = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(encoding, kind, encryption) + made.public_bytes(encoding))
    return file


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_of_nobody_or_of_another_host_is_refused(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, trusted: bool, host: str
) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    ours = ssl.create_default_context()
    if trusted:
        ours.load_verify_locations(certificate)
        monkeypatch.setattr(module, "_tls", lambda: ours)
    with serve(respond(b"{}"), tls) as server:
        url = f"{server.issuer.replace('127.0.0.1', host)}/x"
        if trusted and host == "127.0.0.1":
            assert download(url, max_bytes=100).body == b"{}"
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                download(url, max_bytes=100)
            assert server.paths == []
