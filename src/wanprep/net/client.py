"""The HTTP client for everything that leaves this machine.

A name is resolved once, its addresses are checked, and the connection goes to one of those, at
each hop. Neither logins in URLs nor cookies are sent. Certificates still hold for the name. Behind
a proxy, which resolves names itself, a host is checked as far as this machine knows it.
"""

from __future__ import annotations

import os
import ssl
import sys
import time
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.request import getproxies, proxy_bypass

import httpcore

from wanprep import __version__
from wanprep.errors import UsageError
from wanprep.net.secrets import redact
from wanprep.net.urls import is_loopback
from wanprep.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.net.reach import Reach

# Without httpx's own command line, whose imports (rich, Pygments) take as long as all others.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # so that it is not found
import httpx  # noqa: E402 - see above

_HIGHEST_PORT: Final = 65535
_PORTS: Final = {"http": 80, "https": 443}


def open_client(
    reach: Reach,
    *,
    timeout: tuple[float, float, float, float] | float,
    connections: int,
    keep_alive: bool,
) -> httpx.Client:
    """Open a client; an unusable proxy or certificate file is a usage error."""
    limits = {
        "max_connections": connections,
        "max_keepalive_connections": connections if keep_alive else 0,
        "keepalive_expiry": 5.0,
    }
    return httpx.Client(
        transport=_Transport(reach, limits),
        timeout=timeout,
        # Lengths are compared, so bodies must not be compressed.
        headers={"User-Agent": f"wanprep/{__version__}", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        # Otherwise httpx would send a login that is part of the URL.
        auth=lambda request: request,
    )


class _Transport(httpx.BaseTransport):
    """Sends each request through the proxy for it, or directly to a checked address."""

    def __init__(self, reach: Reach, limits: Mapping[str, Any]) -> None:
        context = _certificates()
        self._reach = reach
        self._direct = httpcore.ConnectionPool(
            ssl_context=context, network_backend=_CheckedBackend(reach), **limits
        )
        proxies = getproxies() if reach.public else {}
        self._proxies = {
            scheme: _proxy_pool(scheme, proxies[scheme], ssl_context=context, **limits)
            for scheme in ("http", "https", "all")
            if proxies.get(scheme)
        }
        self._checked: set[tuple[str, int]] = set()  # hosts behind a proxy

    def close(self) -> None:
        for pool in (self._direct, *self._proxies.values()):
            pool.close()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if not url.raw_host or (url.port or 0) > _HIGHEST_PORT:
            raise httpx.UnsupportedProtocol("the URL has no host, or no valid port")
        assert isinstance(request.stream, httpx.SyncByteStream)  # noqa: S101 - for the type checker
        core_request = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _translate_errors():
            response = self._pool(url).handle_request(core_request)
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        host = url.raw_host.decode("ascii")
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        # The emulator on this machine is reached without a proxy.
        if proxy is None or is_loopback(str(url)) or proxy_bypass(host):
            return self._direct
        place = host, url.port or _PORTS.get(url.scheme, 0)
        if place not in self._checked:
            self._reach.check_for_proxy(*place)
            self._checked.add(place)
        return proxy


def _certificates() -> ssl.SSLContext:
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # errors of TLS, too
        name = "SSL_CERT_FILE" if os.environ.get("SSL_CERT_FILE") else "SSL_CERT_DIR"
        path = visible(os.environ.get(name, ""))
        reason = "no certificate in PEM" if isinstance(error, ssl.SSLError) else error.strerror
        raise UsageError(f"{name}={path} cannot be used: {reason}. Correct or unset it.") from None


def _proxy_pool(scheme: str, address: str, **options: Any) -> httpcore.ConnectionPool:  # noqa: ANN401
    """Open a pool for a proxy, which may be in a private network: the user named it."""
    try:
        return _open_proxy(address, options)
    except (RuntimeError, ValueError, httpx.InvalidURL) as error:
        is_socks = isinstance(error, RuntimeError)
        reason = "SOCKS needs `pip install socksio`" if is_socks else str(error)
        raise UsageError(
            f"the proxy in {scheme.upper()}_PROXY cannot be used: {redact(reason)}."
        ) from None


def _open_proxy(address: str, options: Mapping[str, Any]) -> httpcore.ConnectionPool:
    proxy = httpx.Proxy(address if "://" in address else f"http://{address}")
    url = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
    )
    if proxy.url.scheme in {"socks5", "socks5h"}:
        return httpcore.SOCKSProxy(url, proxy_auth=proxy.raw_auth, **options)
    return httpcore.HTTPProxy(url, proxy_auth=proxy.raw_auth, **options)


class _CheckedBackend(httpcore.SyncBackend):
    """Opens connections to checked addresses."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = self._reach.addresses(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("its host name cannot be resolved") from error
        end = None if timeout is None else time.monotonic() + timeout
        for left in range(len(addresses), 0, -1):
            # An address that does not answer leaves time for the others.
            share = None if end is None else max(0.1, (end - time.monotonic()) / left)
            try:
                return super().connect_tcp(
                    addresses[-left], port, share, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
        raise httpcore.ConnectError("its host name cannot be resolved")


class _Body(httpx.SyncByteStream):
    """The body of a response."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with _translate_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise the errors of httpx, whose names are the same."""
    try:
        yield
    except (
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.ProxyError,
        httpcore.TimeoutException,
        httpcore.UnsupportedProtocol,
    ) as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error
