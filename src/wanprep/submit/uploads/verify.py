"""Verify that an uploaded file can be fetched, before money is spent on it.

A fresh link may be dead for some seconds, and some services give a login page or JSON in the
file's place.
"""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Final

from wanprep.net.secrets import redact
from wanprep.plugins.flow import Request
from wanprep.plugins.provider import CannotHost
from wanprep.submit.errors import Broken
from wanprep.text import file_size

if TYPE_CHECKING:
    import httpx

    from wanprep.plugins.provider import LocalFile
    from wanprep.submit.http.driver import Driver
    from wanprep.submit.uploads.files import StoredObject


_PAGES: Final = frozenset({"text/html", "application/json", "application/xhtml+xml"})
_TOTAL: Final = re.compile(r"bytes \d+-\d+/(\d+)\Z")


def verify_link(url: str, file: LocalFile | StoredObject, driver: Driver) -> None:
    """Request a link without a key until it gives the file; raise CannotHost if it does not."""
    for number in count(1):
        try:
            problem = _request_link(url, file, driver)
            is_final = False
        except Broken as broken:
            problem, is_final = _no_answer(broken), broken.hopeless
        if problem is None:
            return
        if is_final or number > driver.policy.attempts:
            break
        driver.pause(driver.policy.pause * 2 ** (number - 1))
    raise CannotHost(
        f"{file.name} was uploaded, but its link {problem}: {redact(url)}. The service that makes "
        "the video could not fetch it. Check that uploads there are public."
    )


def link_problem(url: str, file: LocalFile | StoredObject, driver: Driver) -> str | None:
    """Request a link once; None where it gives the file."""
    try:
        return _request_link(url, file, driver)
    except Broken as broken:
        return _no_answer(broken)


def _no_answer(broken: Broken) -> str:
    return f"does not answer ({broken})"


def _request_link(url: str, file: LocalFile | StoredObject, driver: Driver) -> str | None:
    if url.startswith("data:"):
        return None
    with driver.client.open(Request(method="HEAD", url=url, key=False)) as response:
        length = _content_length(response)
        if response.status_code == 200 and length is not None:
            return _problem(response, length, file)
    # Some answer no HEAD, and a signature may hold for GET alone.
    first_byte = {"Range": "bytes=0-0"}
    get = Request(method="GET", url=url, key=False, headers=first_byte)
    with driver.client.open(get) as response:
        return _problem(response, _total_length(response, file.bytes), file)


def _problem(
    response: httpx.Response, length: int | None, file: LocalFile | StoredObject
) -> str | None:
    if response.status_code not in {200, 206}:
        return f"answers with HTTP {response.status_code} where no key is sent"
    header: str = response.headers.get("content-type", "")
    content_type = header.partition(";")[0].strip().lower()
    if content_type in _PAGES:
        return f"gives {content_type} in the file's place"
    if length != file.bytes:
        found = "another length" if length is None else file_size(length)
        return f"gives {found} instead of {file_size(file.bytes)}"
    return None


def _content_length(response: httpx.Response) -> int | None:
    header: str = response.headers.get("content-length", "")
    return int(header) if header.isdecimal() else None


def _total_length(response: httpx.Response, expected: int) -> int | None:
    """Return the length of the whole file, of which one byte was requested."""
    if response.status_code == 206:
        total = _TOTAL.match(response.headers.get("content-range", ""))
        return int(total[1]) if total else None
    if response.status_code != 200 or (length := _content_length(response)) is not None:
        return _content_length(response)
    length = 0
    for piece in response.iter_bytes():  # no length is given: count, up to too many
        length += len(piece)
        if length > expected:
            break
    return length
