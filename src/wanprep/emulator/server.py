"""An HTTP server on loopback that closes all its sockets and threads at the end."""

from __future__ import annotations

import sys
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from wanprep.emulator.messages import Cut, Reply, Request, Slice, Stream

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from wanprep.emulator.messages import Answer

    Listener = Callable[[Request], Answer]
    Logger = Callable[[str], None]

_CHUNK: Final = 1 << 18
LARGEST: Final = 300_000_000  # bytes of a body


class Server(ThreadingHTTPServer):
    """Serves until it is closed, and then waits for every thread that it started."""

    daemon_threads = False
    request_queue_size = 64

    def __init__(self, port: int, listener: Listener, log: Logger) -> None:
        self.listener = listener
        self.log = log
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Remember the connection, so that it can be ended."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Forget the connection."""
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Report internal errors; a client that disconnects early is not one."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every connection, so that no thread waits for a client."""
        for connection in tuple(self._open):
            _shut_down(connection)


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "wanprep-emulator"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        request = self._receive()
        answer = self.server.listener(request) if request else Reply(status=413)
        match answer:
            case Cut():
                self._log("cut")
                self._cut()
            case Stream():
                self._send_stream(answer)
            case Reply():
                self._send(answer)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - http.server's names

    def _receive(self) -> Request | None:
        if int(self.headers.get("Content-Length") or 0) > LARGEST:
            self.close_connection = True
            return None
        parts = urlsplit(self.path)
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
        )

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _send(self, reply: Reply) -> None:
        self._log(str(reply.status))
        self._head(reply.status, {**reply.headers, "Content-Length": str(len(reply.body))})
        if self.command == "HEAD":
            return
        length = len(reply.body) // 2 if reply.broken else len(reply.body)
        for piece in _pieces(reply.body, length):
            self.wfile.write(piece)
        if reply.broken:
            self._cut()

    def _send_stream(self, stream: Stream) -> None:
        self._log("200")
        self.close_connection = True
        self._head(200, {"Content-Type": stream.content_type, "Cache-Control": "no-store"})
        for piece in stream.pieces:
            self.wfile.write(piece)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _cut(self) -> None:
        self.close_connection = True
        _shut_down(self.connection)

    def _log(self, outcome: str) -> None:
        # Never the query: links are signed, and a webhook's URL may hold a secret.
        self.server.log(f"{self.command} {urlsplit(self.path).path} {outcome}")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Be silent: `_log` writes a line for each request."""


def _pieces(body: bytes | Slice, length: int) -> Iterator[bytes]:
    if isinstance(body, bytes):
        yield body[:length]
        return
    with body.path.open("rb") as file:
        file.seek(body.start)
        while length > 0 and (piece := file.read(min(_CHUNK, length))):
            length -= len(piece)
            yield piece


def _shut_down(connection: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        connection.shutdown(SHUT_RDWR)
