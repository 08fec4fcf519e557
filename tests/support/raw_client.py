"""A client of `wanprep lsp` that shares no code with it: messages as bytes, also invalid ones."""

from __future__ import annotations

import json
import subprocess
from itertools import count
from pathlib import Path
from typing import Any, Self

from commands import program


class RawClient:
    """A server, and what it answers. Each read waits for the next message."""

    def __init__(self, folder: Path) -> None:
        self._server = subprocess.Popen(
            [*program(), "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        self._numbers = count(1)
        self.status: int | None = None

    def send(self, message: dict[str, Any] | bytes) -> None:
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        assert self._server.stdin
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._server.stdin.flush()

    def notify(self, method: str, params: Any) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def request(self, method: str, params: Any) -> Any:
        """Send a request; return its result, or the code of the error."""
        number = next(self._numbers)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        while (answer := self.read()).get("id") != number or "method" in answer:
            pass
        return answer["error"]["code"] if "error" in answer else answer["result"]

    def open(self, uri: str, text: str) -> list[str]:
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return self.found(uri, 1)

    def change(self, uri: str, version: int, where: str, text: str) -> list[str]:
        """Replace a range such as 0:3-0:5."""
        start, end = (dict(zip(("line", "character"), map(int, each.split(":")), strict=True))
                      for each in where.split("-"))  # fmt: skip
        changes = [{"range": {"start": start, "end": end}, "text": text}]
        document = {"uri": uri, "version": version}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        return self.found(uri, version)

    def found(self, uri: str, version: int) -> list[str]:
        """Wait for the diagnostics of a version: their rules and where they begin."""
        while True:
            params = self.read().get("params") or {}
            if (params.get("uri"), params.get("version")) == (uri, version):
                starts = ((each["code"], each["range"]["start"]) for each in params["diagnostics"])
                return [f"{code} {at['line']}:{at['character']}" for code, at in starts]

    def read(self) -> dict[str, Any]:
        assert self._server.stdout
        length = 0
        while line := self._server.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name == b"Content-Length" else length
        assert length, "the server has ended"
        message: dict[str, Any] = json.loads(self._server.stdout.read(length))
        return message

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate(timeout=60)
        self.status = self._server.returncode
