"""A real S3 server as a process of its own, and a proxy before it that counts and misbehaves."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any

import obstore
from obstore.store import S3Store
from processes import with_installed_bytecode

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE00000",
    "AWS_SECRET_ACCESS_KEY": "not-to-be-printed-at-all",
}
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
_SECONDS = 240  # a busy machine takes long to import all of it

Fault = Callable[[str, int], "int | None"]


@dataclass
class S3Server:
    """A server without a bucket, and the proxy that leads to it."""

    port: int
    proxy: int
    requests: list[tuple[str, str]] = field(default_factory=list)  # method, and path with query
    signed: list[str] = field(default_factory=list)  # the signatures of requests
    sent: int = 0  # bytes
    # Given a path and how often it was requested, a status to answer with instead.
    fault: Fault = lambda _, __: None
    seconds: float = 0.0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.proxy}"

    def of_objects(self) -> list[str]:
        """The paths that were requested, without listings."""
        return [path for method, path in self.requests if method != "PUT" and "?" not in path]

    def put(self, bucket: str, objects: Mapping[str, bytes], **headers: str) -> None:
        """Create a bucket with objects, without the proxy."""
        self.request("PUT", f"/{bucket}")
        store = S3Store(
            bucket, endpoint=f"http://127.0.0.1:{self.port}", region="us-east-1",
            access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"], client_options={"allow_http": True},
        )  # fmt: skip
        attributes: Any = {name.replace("_", "-"): value for name, value in headers.items()}
        with ThreadPoolExecutor(8) as threads:
            list(
                threads.map(
                    lambda item: obstore.put(store, *item, attributes=attributes), objects.items()
                )
            )

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        connection.request(method, path, body)
        answer = connection.getresponse()
        data = answer.read()
        assert answer.status < 300, data
        return data

    def behave(self) -> None:
        """Forget the requests, and what was wrong with the answers."""
        self.requests, self.signed, self.sent, self.seconds = [], [], 0, 0.0
        self.fault = lambda _, __: None


def _handler(server: S3Server) -> type[BaseHTTPRequestHandler]:
    numbers: dict[str, Iterator[int]] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            self.upstream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_SECONDS)

        def finish(self) -> None:
            self.upstream.close()
            super().finish()

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            server.requests.append((self.command, self.path))
            server.signed += filter(None, [self.headers.get("authorization")])
            time.sleep(server.seconds)
            number = next(numbers.setdefault(f"{id(server.fault)} {self.path}", count(1)))
            status = server.fault(self.path, number)
            if status == 0:
                self.close_connection = True
            elif status:
                self.answer(status, {}, _SLOW_DOWN)
            else:
                self.upstream.request(self.command, self.path, body, dict(self.headers))
                answer = self.upstream.getresponse()
                self.answer(answer.status, dict(answer.getheaders()), answer.read())

        def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            length = headers.get("Content-Length") if self.command == "HEAD" else None
            for name, value in headers.items():
                if name.lower() not in {"content-length", "transfer-encoding", "connection"}:
                    self.send_header(name, value)
            if status not in {204, 304}:
                self.send_header("Content-Length", length or str(len(body)))
            self.end_headers()
            server.sent += len(body)
            self.wfile.write(body)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward  # noqa: N815 - as it calls them

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    return Handler


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about clients that leave, as when a test interrupts them."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """Run a server, and a proxy in front of it."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command,
        env=with_installed_bytecode("moto"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port, process)
        server = S3Server(port, 0)
        with _Proxy(("127.0.0.1", 0), _handler(server)) as proxy:
            server.proxy = proxy.server_port
            threading.Thread(target=proxy.serve_forever, args=[0.02], daemon=True).start()
            yield server
            proxy.shutdown()
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _SECONDS
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.05)
    raise AssertionError("the S3 server did not start")
