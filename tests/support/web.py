"""A proxy on loopback that answers for every host."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """The answer for one URL."""

    body: bytes = b""
    status: int = 200
    ranges: bool = True
    headers: dict[str, str] = field(default_factory=dict)
    # Given the headers of a request, another answer or None; called for each request.
    other: Callable[[dict[str, str]], Page | None] = lambda _: None
    seconds: float = 0.0
    at_once: int = 1000  # more requests get status 429
    active: int = 0


@dataclass
class Web:
    """Pages by their URL, and the requests for them."""

    proxy: str
    pages: dict[str, Page] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0
    bytes: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def sent(self) -> int:
        """The number of requests."""
        return len(self.received)


@contextmanager
def web() -> Iterator[Web]:
    """Serve pages to clients that have its `proxy` in http_proxy."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            found.connections += 1
            super().setup()

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.received.append((self.path, headers))
            page = found.pages.get(self.path, Page(b"not here", 404))
            with found.lock:
                page.active += 1
                is_busy = page.active > page.at_once
            time.sleep(page.seconds)
            self.answer(Page(b"", 429) if is_busy else page.other(headers) or page, headers)
            page.active -= 1

        def answer(self, page: Page, headers: dict[str, str]) -> None:
            body, status, extra = page.body, page.status, dict(page.headers)
            wanted = headers.get("range", "").removeprefix("bytes=")
            if page.status == 200 and headers.get("if-none-match", "") == extra.get("ETag", "-"):
                status, body = 304, b""
            elif page.ranges and wanted and status == 200:
                first, _, last = wanted.partition("-")
                if int(first) >= len(body):
                    status, body = 416, b""
                else:
                    end = min(int(last) + 1, len(body)) if last else len(body)
                    extra = {"Content-Range": f"bytes {first}-{end - 1}/{len(body)}"} | extra
                    status, body = 206, body[int(first) : end]
            self.send_response(status)
            if "Transfer-Encoding" in extra:
                body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
                extra |= {"Content-Length": ""}
            for name, value in {"Content-Length": str(len(body)), **extra}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
            found.bytes += len(body)
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, *arguments: Any) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found = Web(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
