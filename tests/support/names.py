"""Host names with written answers, and a note of every address that is connected to."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from typing import Any

import pytest


@dataclass
class Names:
    """Answers for each name in order, the last one repeatedly; others do not exist."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """Answer for all names, and lead connections to public addresses to loopback."""
    found = Names()
    resolve, connect = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(host: Any, port: Any, *rest: Any, **options: Any) -> list[Any]:
        name = host.decode() if isinstance(host, bytes) else host
        if name.strip("0123456789.:") == "" or ":" in name:
            return resolve(host, port, *rest, **options)
        found.asked.append(name)
        answers = found.answers.get(name, [])
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [entry for each in answer for entry in resolve(each, port, *rest, **options)]

    def create_connection(address: tuple[str, int], *rest: Any, **options: Any) -> socket.socket:
        found.connected.append(address[0])
        return connect(("127.0.0.1", address[1]), *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(variable)
    return found
