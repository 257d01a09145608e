"""Certificates made on the spot, and real servers that are reached by them only."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SSL_REQUEST = (8).to_bytes(4) + (80877103).to_bytes(4)
"""What PostgreSQL's clients send first where they want TLS."""


@dataclass(frozen=True)
class Certificates:
    """Files in PEM: an authority's certificate, and a server's for `localhost` and 127.0.0.1 with its key."""

    authority: Path
    certificate: Path
    key: Path


def certificates(folder: Path) -> Certificates:
    """An authority of its own, and what it signed."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    authority_name = f"authority of {folder.name}"

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def signed(
        name: str, key: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey
    ) -> x509.Certificate:
        is_authority = key is by
        made = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named(authority_name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(datetime.now(UTC) - timedelta(days=1))
            .not_valid_after(datetime.now(UTC) + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if not is_authority:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return made.sign(by, hashes.SHA256())

    folder.mkdir(exist_ok=True)
    # Of two authorities with one name, the wrong one's signature would be tried.
    found = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    pem = serialization.Encoding.PEM
    found.authority.write_bytes(signed(authority_name, authority, authority).public_bytes(pem))
    found.certificate.write_bytes(signed("localhost", server, authority).public_bytes(pem))
    private = (pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    found.key.write_bytes(server.private_bytes(*private))
    return found


@contextmanager
def postgres_by_tls(port: int, made: Certificates) -> Iterator[int]:
    """A port at which a PostgreSQL server is reached by TLS alone: PostgreSQL's own greeting, then its own bytes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(client: socket.socket) -> None:
        with client, suppress(OSError):
            if client.recv(8, socket.MSG_WAITALL) != SSL_REQUEST:
                return
            client.sendall(b"S")
            with (
                context.wrap_socket(client, server_side=True) as secure,
                socket.create_connection(("127.0.0.1", port)) as server,
            ):
                back = threading.Thread(target=_pump, args=(server, secure), daemon=True)
                back.start()
                _pump(secure, server)
                back.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.close()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def s3_by_tls(program: str, folder: Path, made: Certificates) -> Iterator[dict[str, str]]:
    """The `AWS_*` variables of a versitygw that speaks HTTPS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("objects", "sidecar"):
        (folder / name).mkdir(parents=True)
    certificate = ["--cert", str(made.certificate), "--key", str(made.key)]
    store = ["posix", "--sidecar", str(folder / "sidecar"), str(folder / "objects")]
    process = subprocess.Popen(
        [program, "--quiet", "--port", f"127.0.0.1:{port}", *certificate, *store],
        env={"ROOT_ACCESS_KEY": "test-access-key", "ROOT_SECRET_KEY": "test-secret-key"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield {
            "AWS_ENDPOINT_URL": f"https://localhost:{port}",
            "AWS_ACCESS_KEY_ID": "test-access-key",
            "AWS_SECRET_ACCESS_KEY": "test-secret-key",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        process.terminate()
        process.wait(10)
