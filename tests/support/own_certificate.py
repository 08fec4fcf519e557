"""A certificate for localhost from our own authority, made for each run of the tests."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import trustme


@cache
def _own() -> tuple[trustme.CA, trustme.LeafCert]:
    authority = trustme.CA()
    return authority, authority.issue_cert("localhost", "127.0.0.1")


def write_certificate(folder: Path) -> Path:
    """Write the authority's certificate, for SSL_CERT_FILE."""
    path = folder / "own.pem"
    _own()[0].cert_pem.write_to_path(path)
    return path


def server_side() -> ssl.SSLContext:
    """Return the TLS context of a server."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _own()[1].configure_cert(context)
    return context
