"""A small real HTTP server with written answers: complete, cut, late, or redirected."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Heard:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[socket.socket, threading.Event], None]
Script = Mapping[str, Sequence[Answer]]


def answer(status: int = 200, body: Any = b"", **headers: str) -> Answer:
    """Make a normal answer; a body other than bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    extra = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    usual = {"content-type": kind, "content-length": str(len(content)), "connection": "close"}
    return raw(head(status, usual | extra) + content)


def head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} Word", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def raw(content: bytes) -> Answer:
    """Send some bytes and close."""

    def send(line: socket.socket, _: threading.Event) -> None:
        line.sendall(content)

    return send


def redirect(url: str, status: int = 302) -> Answer:
    return answer(status, b"", location=url)


def chunked(*pieces: bytes, whole: bool = True) -> Answer:
    """Send a body in chunks, perhaps without the last one."""
    body = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    start = head(200, {"transfer-encoding": "chunked", "connection": "close"})
    return raw(start + body + (b"0\r\n\r\n" if whole else b""))


def half(body: bytes) -> Answer:
    """Send half of a body."""
    start = head(200, {"content-length": str(len(body)), "content-type": "application/json"})
    return raw(start + body[: len(body) // 2])


def reset(line: socket.socket, _: threading.Event) -> None:
    """Reset the connection without an answer."""
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(_: socket.socket, closing: threading.Event) -> None:
    """Send nothing."""
    closing.wait(20)


def dripping(start: bytes, piece: bytes, every: float = 0.05) -> Answer:
    """Send a piece again and again, without an end."""

    def drip(line: socket.socket, closing: threading.Event) -> None:
        line.sendall(start)
        while not closing.wait(every):
            line.sendall(piece)

    return drip


@dataclass
class Loopback:
    """Serves each path's answers in order, the last one repeatedly."""

    script: Script
    tls: ssl.SSLContext | None = None
    heard: list[Heard] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._closing = threading.Event()
        self._next: dict[str, int] = {}
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept)
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listening.close()
        for thread in self._threads:
            thread.join()

    @property
    def everything(self) -> bytes:
        """Every byte that arrived."""
        return b"\n".join(each.raw for each in self.heard)

    def again(self) -> None:
        """Start again with the first answers."""
        self._next.clear()

    def targets(self) -> list[str]:
        return [f"{each.method} {each.target}" for each in self.heard]

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, line: socket.socket) -> None:
        line.settimeout(20)
        try:
            line = self.tls.wrap_socket(line, server_side=True) if self.tls else line
        except OSError:
            line.close()
            return
        with line:
            try:
                request = _read(line)
                if request is None:
                    return
                with self._lock:
                    self.heard.append(request)
                    respond = self._respond(urlsplit(request.target).path)
                respond(line, self._closing)
            except OSError:
                return

    def _respond(self, path: str) -> Answer:
        answers = self.script.get(path) or self.script.get("*", [answer(404, {"error": "none"})])
        number = self._next.get(path, 0)
        self._next[path] = number + 1
        return answers[min(number, len(answers) - 1)]


def _read(line: socket.socket) -> Heard | None:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = line.recv(65536)
        data += piece
        if not piece or data.startswith(b"\x16"):  # a TLS client
            return None
    start, _, body = data.partition(b"\r\n\r\n")
    first, *rest = start.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {}
    for each in rest:
        name, _, value = each.partition(":")
        headers[name.lower()] = value.strip()
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        piece = line.recv(65536)
        if not piece:
            return None
        body += piece
    return Heard(method, target, headers, body, start + b"\r\n\r\n" + body)
