"""A certificate for this machine that nobody trusts, and its key: worth nothing elsewhere."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final

PEM: Final = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLjyhGOINVgMplu0U
A1d/FGx980zgy9P39eOPN0TnqJKhRANCAARaPdPu6HCGnm5jj1aseF8tK341jeNG
pp8aSLalbWQ4JnWno7v8YuyJ7bweggulgX4/iCgwm4FzPPUnU8VjLAoH
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBZTCCAQugAwIBAgIBATAKBggqhkjOPQQDAjATMREwDwYDVQQDDAhsb29wYmFj
azAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowEzERMA8GA1UEAwwI
bG9vcGJhY2swWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAARaPdPu6HCGnm5jj1as
eF8tK341jeNGpp8aSLalbWQ4JnWno7v8YuyJ7bweggulgX4/iCgwm4FzPPUnU8Vj
LAoHo04wTDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwDwYDVR0TAQH/BAUw
AwEB/zAdBgNVHQ4EFgQUHV6QPMEA38VJgfH6X3Tw4royXFcwCgYIKoZIzj0EAwID
SAAwRQIgXeCUkUtRNnTlSC8xtZab2LJdgabrQdp3f8zuL7wvDdICIQDJ+/Vco8YQ
+UCG5xMM0Pt7P8ChHlQ8mT070Cs6K7gfAg==
-----END CERTIFICATE-----
"""


def write_certificate(folder: Path) -> Path:
    """Write both into one file, as SSL_CERT_FILE and servers take them."""
    path = folder / "own.pem"
    path.write_text(PEM)
    return path


def server_side(folder: Path) -> ssl.SSLContext:
    """Make a server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(write_certificate(folder))
    return context
