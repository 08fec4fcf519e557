"""A proxy on loopback that answers for every host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
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


@dataclass
class Web:
    """Pages by their URL, and the requests for them."""

    proxy: str
    pages: dict[str, Page] = field(default_factory=dict)
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """The number of requests."""
        return len(self.received)


@contextmanager
def web() -> Iterator[Web]:
    """Serve pages to clients that have its `proxy` in http_proxy."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            found.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}))
            page = found.pages.get(self.path, Page(b"not here", 404))
            body, status, extra = page.body, page.status, dict(page.headers)
            wanted = self.headers.get("range", "").removeprefix("bytes=")
            if page.ranges and wanted and status == 200:
                first, _, last = wanted.partition("-")
                if int(first) >= len(body):
                    status, body = 416, b""
                else:
                    end = min(int(last) + 1, len(body)) if last else len(body)
                    extra["Content-Range"] = f"bytes {first}-{end - 1}/{len(body)}"
                    status, body = 206, body[int(first) : end]
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **extra}.items():
                if value:
                    self.send_header(name, value)
            self.end_headers()
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
