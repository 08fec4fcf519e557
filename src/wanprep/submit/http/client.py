"""Send one request over httpx, once, and read the answer: all care that needs no second try.

The key goes to the provider's own addresses and nowhere else. Redirects are followed by hand,
for questions only. Connections are not kept: one that the service has meanwhile closed would
break under the next request, and after a paid one nobody could say what came of it.
"""

from __future__ import annotations

import json
import ssl
import time
from contextlib import ExitStack, contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.net.addresses import is_loopback, may_follow, origin
from wanprep.net.secrets import redact
from wanprep.plugins.flow import Response
from wanprep.submit.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from wanprep.plugins.flow import FileContent, Request
    from wanprep.submit.http.retries import Patience
    from wanprep.submit.services.keys import Key


MOST_REDIRECTS: Final = 5


_MOST_BYTES: Final = 10_000_000


_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


_FOLLOWED: Final = frozenset({"GET", "HEAD"})


class Wire(Closing):
    """A line to one provider."""

    def __init__(self, bases: Mapping[str, str], key: Key, patience: Patience) -> None:
        self.bases = bases
        # Links of an emulator on this machine are as plain as its own address.
        self.plain = any(is_loopback(base) for base in bases.values())
        self._own = {origin(base) for base in bases.values()}
        self._key = key
        self._patience = patience
        self._client = _client(patience)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def is_own(self, url: str) -> bool:
        """Tell whether an address is the provider's own, to which the key may go."""
        return origin(url) in self._own

    def send(self, request: Request) -> Response:
        """Send a request and read its whole answer."""
        begun = time.monotonic()
        body = bytearray()
        with self.open(request) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _MOST_BYTES:
                    raise Broken("the answer is too large", begun=True, hopeless=True)
                if time.monotonic() - begun > self._patience.answer:
                    raise Broken("the answer takes too long to arrive", begun=True)
        url = address(request, self.bases)
        return Response(answer.status_code, _headers(answer), bytes(body), url)

    @contextmanager
    def open(self, request: Request) -> Iterator[httpx.Response]:
        """Send a request and hold its answer, whose body is still to be read."""
        journey = _Journey()
        with ExitStack() as held:
            with _translated(journey, OSError):
                answer = self._follow(request, journey, held)
            with _translated(journey):
                yield answer

    def _follow(self, request: Request, journey: _Journey, held: ExitStack) -> httpx.Response:
        url, trusted = address(request, self.bases), True
        for _ in range(MOST_REDIRECTS + 1):
            if not may_follow(url, plain=self.plain):
                say = f"the link {redact(url)} is not https and is not followed"
                raise Broken(say, begun=journey.begun, hopeless=True)
            trusted = trusted and self.is_own(url)
            answer = self._ask(request, url, journey, held, trusted=trusted)
            onward = answer.headers.get("location")
            if answer.status_code not in _REDIRECTS or request.method not in _FOLLOWED:
                return answer
            if not onward:
                return answer
            answer.close()
            url = urljoin(url, onward)
        raise Broken("it redirects in circles", begun=True, hopeless=True)

    def _ask(
        self, request: Request, url: str, journey: _Journey, held: ExitStack, *, trusted: bool
    ) -> httpx.Response:
        secret = self._key.header() if request.key and trusted else None
        chosen = headers(request, secret)
        if journey.origin not in {None, origin(url)}:
            # What was meant for one service is nothing for the next.
            chosen = {name: chosen[name] for name in ("User-Agent", "Range") if name in chosen}
        journey.origin = origin(url)
        built = self._built(request, url, chosen, journey, held)
        answer = self._client.send(built, stream=True)
        held.callback(answer.close)
        return answer

    def _built(
        self,
        request: Request,
        url: str,
        headers: dict[str, str],
        journey: _Journey,
        held: ExitStack,
    ) -> httpx.Request:
        import httpx

        body: dict[str, Any] = {}
        try:
            if request.json is not None:
                body["content"] = json_bytes(request.json)
            elif request.file is not None:
                body = _file_body(request.file, held)
            extensions = {"trace": journey.watch}
            return self._client.build_request(
                request.method, url, headers=headers, extensions=extensions, **body
            )
        except (httpx.InvalidURL, ValueError) as error:
            say = f"the request cannot be written ({redact(str(error))})"
            raise Broken(say, begun=journey.begun, hopeless=True) from None


class _Journey:
    """Sees when the first byte of a request leaves, behind all proxies and handshakes."""

    def __init__(self) -> None:
        self.begun = False
        self.origin: object = None

    def watch(self, event: str, about: Mapping[str, Any]) -> None:
        if event.endswith(".send_request_headers.started"):
            request = about.get("request")
            # To a proxy, CONNECT only asks for a way.
            self.begun = self.begun or getattr(request, "method", b"") != b"CONNECT"


def _client(patience: Patience) -> httpx.Client:
    import httpx

    try:
        return httpx.Client(
            timeout=httpx.Timeout(
                connect=patience.connect,
                read=patience.read,
                write=patience.write,
                pool=patience.pool,
            ),
            # No proxy leads to this very machine, where the emulator is.
            mounts={f"all://{host}": None for host in ("127.0.0.1", "[::1]", "localhost")},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=0),
            # Lengths are compared, so nothing may be packed on the way.
            headers={"Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
    except (ImportError, OSError, ValueError) as error:
        raise UsageError(
            "the proxy or the certificates named in the environment (HTTPS_PROXY, "
            f"SSL_CERT_FILE, ...) cannot be used: {redact(str(error))}"
        ) from None


def _file_body(content: FileContent, held: ExitStack) -> dict[str, Any]:
    try:
        file = open(content.path, "rb")  # noqa: SIM115 - closed with the answer
    except OSError as error:
        say = f"{content.name} can no longer be read ({error.strerror})"
        raise Broken(say, begun=False, hopeless=True) from None
    held.callback(file.close)
    if content.form_field is None:
        return {"content": file}
    part = (content.name, file, content.content_type)
    return {"files": {content.form_field: part}, "data": dict(content.form)}


def _headers(answer: httpx.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


@contextmanager
def _translated(journey: _Journey, *also: type[Exception]) -> Iterator[None]:
    """Say in our words what httpx raises; its own words may hold a header, and so a key."""
    import httpx

    known: tuple[type[Exception], ...] = (httpx.HTTPError, *also)
    try:
        yield
    except known as error:
        words = next((say for kind, say in _words() if isinstance(error, kind)), "it failed")
        hopeless = isinstance(_cause(error), ssl.SSLCertVerificationError)
        detail = redact(str(error)) or type(error).__name__
        raise Broken(f"{words} ({detail})", begun=journey.begun, hopeless=hopeless) from None


def _words() -> tuple[tuple[type[Exception], str], ...]:
    import httpx

    return (
        (httpx.ConnectTimeout, "no connection came about in time"),
        (httpx.ConnectError, "no connection comes about"),
        (httpx.PoolTimeout, "too many connections are open"),
        (httpx.ProxyError, "the proxy refuses"),
        (httpx.ReadTimeout, "no answer came in time"),
        (httpx.WriteTimeout, "the service takes nothing more"),
        (httpx.RemoteProtocolError, "the answer broke off"),
        (httpx.ReadError, "the connection was cut"),
        (httpx.WriteError, "the connection was cut"),
        (httpx.DecodingError, "the answer cannot be unpacked"),
    )


def _cause(error: BaseException) -> BaseException:
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return error


def address(request: Request, bases: Mapping[str, str]) -> str:
    """Write the whole address, query included."""
    url = request.url
    if url.startswith("/"):
        url = bases[request.base].rstrip("/") + url
    if not request.query:
        return url
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode(request.query, quote_via=quote)}"


def headers(request: Request, authorization: str | None) -> dict[str, str]:
    """List the headers that we choose; the rest describes the transport."""
    chosen = {"User-Agent": f"wanprep/{__version__}"}
    if authorization:
        chosen["Authorization"] = authorization
    if request.json is not None:
        chosen["Content-Type"] = "application/json"
    elif request.file and not request.file.form_field:
        chosen["Content-Type"] = request.file.content_type
    return chosen | dict(request.headers)


def json_bytes(body: object) -> bytes:
    """Write JSON in ASCII, which no service can misread."""
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
