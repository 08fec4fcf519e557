"""Send one request over httpx, once, and read its response.

The key goes to the provider's own hosts and nowhere else. Redirects are followed here, and only for
GET and HEAD. Connections are not reused: one that the service has meanwhile closed would break
under the next request, and after a paid one the outcome would be unknown.
"""

from __future__ import annotations

import json
import ssl
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urljoin

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.net.reach import VARIABLE, Reach, UnsafeAddress
from wanprep.net.secrets import redact
from wanprep.net.urls import is_loopback, may_follow, origin
from wanprep.plugins.flow import Response
from wanprep.submit.errors import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from wanprep.plugins.flow import FileContent, Request
    from wanprep.submit.http.retries import RetryPolicy
    from wanprep.submit.http.trace import Trace
    from wanprep.submit.services.keys import Key

_MOST_REDIRECTS: Final = 5
_LARGEST_ANSWER: Final = 10_000_000  # bytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_FOLLOWED: Final = frozenset({"GET", "HEAD"})
_KEPT_HEADERS: Final = ("User-Agent", "Range")  # all other headers are for the first host only


class HttpClient(Closing):
    """The connection to one provider."""

    def __init__(
        self,
        bases: Mapping[str, str],
        key: Key,
        policy: RetryPolicy,
        reach: Reach | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._trace = trace
        self.bases = bases
        # The links of an emulator on this machine are plain http, as its own URL is.
        self.plain = any(is_loopback(base) for base in bases.values())
        self.key = key
        self._own = {origin(base) for base in bases.values()}
        self._policy = policy
        self.reach = self._extend(reach or Reach())
        self.httpx = _open_client(self.reach, policy)

    def close(self) -> None:
        """Close the connections."""
        self.httpx.close()

    def _extend(self, reach: Reach) -> Reach:
        """Add the hosts of the base URLs, which the user or the plugin chose."""
        if not reach.public:
            return reach
        own = frozenset(each[1:] for each in self._own if each)
        return replace(reach, loopback=self.plain, hosts=reach.hosts | own)

    def is_own(self, url: str) -> bool:
        """Whether a URL is on one of the provider's own hosts, to which the key may go."""
        return origin(url) in self._own

    def send(self, request: Request) -> Response:
        """Send a request and read its whole response."""
        started = time.monotonic()
        body = bytearray()
        with self.open(request, body) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _LARGEST_ANSWER:
                    raise Broken("the answer is larger than 10 MB", begun=True, hopeless=True)
                if time.monotonic() - started > self._policy.answer:
                    raise Broken("the answer takes too long to arrive", begun=True)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return Response(answer.status_code, headers, bytes(body), build_url(request, self.bases))

    @contextmanager
    def open(self, request: Request, body: bytearray | None = None) -> Iterator[httpx.Response]:
        """Send a request and yield its response, with the body still unread.

        `body` is where the caller collects it, for a trace.
        """
        started, error = time.monotonic(), ""
        answer: httpx.Response | None = None
        with ExitStack() as stack:
            chain = _RedirectChain(self, request, stack)
            try:
                with _translate_errors(chain, OSError):
                    answer = chain.follow()
                with _translate_errors(chain):
                    yield answer
            except Broken as broken:
                error = str(broken)
                raise
            finally:
                if self._trace:
                    received = bytes(body) if body is not None else None
                    self._trace.write(
                        request,
                        url=chain.url or build_url(request, self.bases),
                        headers=build_headers(request, self.key.headers() if request.key else {}),
                        seconds=time.monotonic() - started,
                        answer=None
                        if answer is None
                        else (answer.status_code, answer.headers, received),
                        error=error,
                    )


class _RedirectChain:
    """One request and the redirects that it follows."""

    def __init__(self, client: HttpClient, request: Request, stack: ExitStack) -> None:
        self._client = client
        self._request = request
        self._stack = stack
        self._origin: object = None
        self.url = ""  # the last one
        self.may_allow = client.reach.public  # whether the user can extend what is reached
        self._has_key = request.key
        self.begun = False  # a byte of the request may have arrived

    def follow(self) -> httpx.Response:
        """Return the first response that is not a redirect to follow."""
        url = build_url(self._request, self._client.bases)
        for _ in range(_MOST_REDIRECTS + 1):
            if not may_follow(url, plain=self._client.plain):
                message = f"the link {redact(url)} is not https and is not followed"
                raise Broken(message, begun=self.begun, hopeless=True)
            answer = self._send(url)
            is_redirect = answer.status_code in _REDIRECTS and self._request.method in _FOLLOWED
            if not is_redirect or not answer.headers.get("location"):
                return answer
            answer.close()
            url = urljoin(url, answer.headers["location"])
        message = f"there are more than {_MOST_REDIRECTS} redirects"
        raise Broken(message, begun=True, hopeless=True)

    def _send(self, url: str) -> httpx.Response:
        self.url = url
        self._has_key = self._has_key and self._client.is_own(url)
        headers = build_headers(self._request, self._client.key.headers() if self._has_key else {})
        if self._origin not in {None, origin(url)}:
            headers = {name: headers[name] for name in _KEPT_HEADERS if name in headers}
        self._origin = origin(url)
        answer = self._client.httpx.send(self._build(url, headers), stream=True)
        self._stack.callback(answer.close)
        return answer

    def _build(self, url: str, headers: dict[str, str]) -> httpx.Request:
        import httpx

        body: dict[str, Any] = {}
        try:
            if self._request.json is not None:
                body["content"] = json_bytes(self._request.json)
            elif self._request.file is not None:
                body = _file_body(self._request.file, self._stack)
            return self._client.httpx.build_request(
                self._request.method,
                url,
                headers=headers,
                extensions={"trace": self._trace},
                **body,
            )
        except (httpx.InvalidURL, ValueError) as error:
            message = f"the request cannot be written ({redact(str(error))})"
            raise Broken(message, begun=self.begun, hopeless=True) from None

    def _trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Note when the first byte of the request leaves, after all proxies and handshakes."""
        if event.endswith(".send_request_headers.started"):
            # CONNECT is for the proxy alone.
            is_connect = getattr(info.get("request"), "method", b"") == b"CONNECT"
            self.begun = self.begun or not is_connect


def _open_client(reach: Reach, policy: RetryPolicy) -> httpx.Client:
    from wanprep.net.client import open_client

    timeout = (policy.connect, policy.read, policy.write, policy.pool)
    return open_client(reach, timeout=timeout, connections=64, keep_alive=False)


def _file_body(content: FileContent, stack: ExitStack) -> dict[str, Any]:
    try:
        file = open(content.path, "rb")  # noqa: SIM115 - closed with the response
    except OSError as error:
        message = f"{content.name} can no longer be read ({error.strerror})"
        raise Broken(message, begun=False, hopeless=True) from None
    stack.callback(file.close)
    if content.form_field is None:
        return {"content": file}
    part = (content.name, file, content.content_type)
    return {"files": {content.form_field: part}, "data": dict(content.form)}


@contextmanager
def _translate_errors(chain: _RedirectChain, *also: type[Exception]) -> Iterator[None]:
    """Raise Broken for httpx's errors; their own messages may contain a header, and so a key."""
    import httpx

    kinds: tuple[type[Exception], ...] = (httpx.HTTPError, *also)
    try:
        yield
    except UnsafeAddress as error:
        hint = f" ({VARIABLE} allows hosts of your own)" if chain.may_allow else ""
        message = f"{redact(chain.url)} was not requested: {error}{hint}"
        raise Broken(message, begun=chain.begun, hopeless=True) from None
    except kinds as error:
        message = next((text for kind, text in _messages() if isinstance(error, kind)), "it failed")
        cause: BaseException = error
        while (deeper := cause.__cause__ or cause.__context__) is not None:
            cause = deeper
        hopeless = isinstance(cause, ssl.SSLCertVerificationError)
        detail = redact(str(error)) or type(error).__name__
        raise Broken(f"{message} ({detail})", begun=chain.begun, hopeless=hopeless) from None


def _messages() -> tuple[tuple[type[Exception], str], ...]:
    import httpx

    return (
        (httpx.ConnectTimeout, "the connection timed out"),
        (httpx.ConnectError, "the connection failed"),
        (httpx.PoolTimeout, "too many connections are open"),
        (httpx.ProxyError, "the proxy refuses"),
        (httpx.ReadTimeout, "no answer came in time"),
        (httpx.WriteTimeout, "sending timed out"),
        (httpx.RemoteProtocolError, "the answer is incomplete or not HTTP"),
        (httpx.ReadError, "the connection was closed"),
        (httpx.WriteError, "the connection was closed"),
        (httpx.DecodingError, "the answer cannot be decompressed"),
    )


def build_url(request: Request, bases: Mapping[str, str]) -> str:
    """Return the whole URL of a request, with its query."""
    url = request.url
    if url.startswith("/"):
        url = bases[request.base].rstrip("/") + url
    if not request.query:
        return url
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode(request.query, quote_via=quote)}"


def build_headers(request: Request, of_key: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that wanprep sets; httpx adds those of the transport."""
    headers = {"User-Agent": f"wanprep/{__version__}", **of_key}
    if request.json is not None:
        headers["Content-Type"] = "application/json"
    elif request.file and not request.file.form_field:
        headers["Content-Type"] = request.file.content_type
    return headers | dict(request.headers)


def json_bytes(body: object) -> bytes:
    """Write JSON in ASCII, which every service reads alike."""
    return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
