"""Prove that a hosted file can be fetched: a fresh link may be dead for some seconds.

What a service shows in a file's place (a page that asks to log in, JSON about the file) is
found out before money is spent on it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Request
from wanprep.submit.errors import Broken, CannotHost
from wanprep.text import file_size

if TYPE_CHECKING:
    import httpx

    from wanprep.plugins.provider import LocalFile
    from wanprep.submit.http.driver import Driver

_PAGES: Final = frozenset({"text/html", "application/json", "application/xhtml+xml"})
_TOTAL: Final = re.compile(r"bytes \d+-\d+/(\d+)\Z")


@dataclass(frozen=True, slots=True)
class _Inputs:
    status: int
    content_type: str
    bytes: int | None


def prove(url: str, file: LocalFile, driver: Driver) -> None:
    """Look at a link as a stranger would, until the file is there or patience ends."""
    for number in count(1):
        fault = what_is_wrong(url, file, driver)
        if fault is None:
            return
        if number > driver.patience.attempts:
            break
        driver.pause(driver.patience.pause * 2 ** (number - 1))
    raise CannotHost(
        f"{file.name} was uploaded, but its link {fault}: {redact(url)}. The service that makes "
        "the video could not fetch it. Look whether what is uploaded there is public."
    )


def what_is_wrong(url: str, file: LocalFile, driver: Driver) -> str | None:
    """Look once; None where the link gives the file."""
    if url.startswith("data:"):
        return None
    try:
        return _fault(_look(url, file, driver), file)
    except Broken as broken:
        return f"does not answer ({broken})"


def _fault(seen: _Inputs, file: LocalFile) -> str | None:
    if seen.status not in {200, 206}:
        return f"answers a stranger with HTTP {seen.status}"
    if seen.content_type in _PAGES:
        return f"gives {seen.content_type} in the file's place"
    if seen.bytes != file.bytes:
        found = "another length" if seen.bytes is None else file_size(seen.bytes)
        return f"gives {found} instead of {file_size(file.bytes)}"
    return None


def _look(url: str, file: LocalFile, driver: Driver) -> _Inputs:
    with driver.client.open(Request(method="HEAD", url=url, key=False)) as answer:
        seen = _Inputs(answer.status_code, _content_type(answer), _length(answer))
    if seen.status == 200 and seen.bytes is not None:
        return seen
    # Some know no HEAD, and a signature may hold for GET alone.
    first_byte = {"Range": "bytes=0-0"}
    get = Request(method="GET", url=url, key=False, headers=first_byte)
    with driver.client.open(get) as answer:
        return _Inputs(
            answer.status_code, _content_type(answer), _length_of_all(answer, file.bytes)
        )


def _content_type(answer: httpx.Response) -> str:
    told: str = answer.headers.get("content-type", "")
    return told.partition(";")[0].strip().lower()


def _length(answer: httpx.Response) -> int | None:
    told: str = answer.headers.get("content-length", "")
    return int(told) if told.isdecimal() else None


def _length_of_all(answer: httpx.Response, expected: int) -> int | None:
    if answer.status_code == 206:
        total = _TOTAL.match(answer.headers.get("content-range", ""))
        return int(total[1]) if total else None
    if answer.status_code != 200 or (length := _length(answer)) is not None:
        return _length(answer)
    length = 0
    for piece in answer.iter_bytes():  # a server that does not tell: count
        length += len(piece)
        if length > expected:
            break
    return length
