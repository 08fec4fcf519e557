"""Download parts of a remote file, and verify that they are parts of one version of it."""

from __future__ import annotations

import os
import re
import zlib
from functools import partial
from typing import TYPE_CHECKING, Final

from wanprep.media.facts import NOT_REACHED
from wanprep.media.remote.parts import HEAD, Parts
from wanprep.media.remote.requests import Unanswered, body
from wanprep.media.remote.version import Version
from wanprep.media.source import UrlReadError, read_from
from wanprep.text import file_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import httpx

    from wanprep.media.remote.requests import Deadline, Requests

# What all parts of one file may take together. The index of a long video takes some of it.
MAX_BYTES: Final = 24 * 2**20
# Up to this size a file is read whole where ranges of it cannot be had.
WHOLE: Final = 8 * 2**20
_ALIKE: Final = 1024  # bytes
_BEGINNING: Final = 256 * 1024  # of larger files
_CONTENT_RANGE: Final = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)\s*\Z")
_CONTENT_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
_NO_RANGES: Final = "its server does not support range requests"


class Changed(Exception):
    """An answer is not a part of the file that was read so far."""


class RemoteFile:
    """A file on a server, of which parts are written to their places in a local file."""

    def __init__(
        self, url: str, file: int, requests: Requests, deadline: Deadline, *, known: Version
    ) -> None:
        self._url = url
        self._location = url  # where redirects lead
        self._file = file
        self._requests = requests
        self._deadline = deadline
        self._known = known
        self._reset()

    def _reset(self) -> None:
        self.parts = Parts(0)
        self.version = Version()
        self.content_type: str | None = None
        self.is_known = False  # it is the version that was known before
        self._has_ranges = True
        self._left = MAX_BYTES
        os.ftruncate(self._file, 0)

    def open(self) -> None:
        """Request the beginning, from which the size is known too."""
        conditions = self._known.conditions()
        self._get({"Range": f"bytes=0-{HEAD - 1}"} | conditions, self._read_beginning)
        if not (self.parts.ranges or self.is_known):
            self._download(WHOLE)

    def fetch(self, offset: int, length: int) -> None:
        """Request a part that is missing; Changed if the answer does not fit."""
        if not self._has_ranges:
            limit = f"{file_size(self.parts.size)}, limit {file_size(WHOLE)}"
            raise UrlReadError(f"{NOT_REACHED}: {_NO_RANGES} ({limit})")
        start, end = self.parts.next_request(offset, length)
        self._left -= end - start
        if self._left < 0:
            limit = file_size(MAX_BYTES)
            raise UrlReadError(f"{NOT_REACHED}: reading it would take more than {limit}")
        headers = {"Range": f"bytes={start}-{end - 1}"} | self.version.if_range()
        try:
            self._get(headers, partial(self._read_part, start, end))
        except UrlReadError as error:
            if self._location == self._url:
                raise
            raise Changed(str(error)) from error  # where it led may have expired

    def read_again(self) -> None:
        """Forget everything, and start over."""
        size, self._location, self._known = self.parts.size, self._url, Version()
        self._reset()
        if size <= WHOLE:
            self._download(WHOLE)
        else:
            self.open()

    def download_whole(self, most: int, deadline: Deadline) -> None:
        """Request all of the file again."""
        self._deadline = deadline
        self._download(most)
        if not self.parts.complete:
            raise UrlReadError(f"{NOT_REACHED}: {file_size(self.parts.size)}")

    def _download(self, most: int) -> None:
        self._get({}, partial(self._read_whole, most))

    def _get(self, headers: Mapping[str, str], read: Callable[[httpx.Response], None]) -> None:
        def read_answer(response: httpx.Response) -> None:
            read(response)
            self._location = str(response.url)

        self._requests.get(self._location, headers, read_answer, self._deadline)

    def _read_beginning(self, response: httpx.Response) -> None:
        if response.status_code == 304 and self._known != Version():
            self.is_known = True
        elif response.status_code == 206:
            found = _content_range(response)
            if found is None or found[0] or _encoding(response):
                return  # such a part is of no use
            _, end, size = found
            self._describe(response)
            self.parts = Parts(size)
            self._store(response, 0, end)
        else:
            self._read_whole(WHOLE, response)

    def _describe(self, response: httpx.Response) -> None:
        self.version = _version(response)
        match = _CONTENT_TYPE.match(response.headers.get("content-type", ""))
        self.content_type = match[0].lower() if match else None

    def _read_part(self, start: int, end: int, response: httpx.Response) -> None:
        if response.status_code != 206:
            raise Changed(f"its server answered {response.status_code} to a range request")
        first, last, size = _content_range(response) or (0, 0, 0)
        if first != start or last > end or size != self.parts.size or _encoding(response):
            got = response.headers.get("content-range", "no range")
            raise Changed(f"its server sent {got} for bytes {start}-{end - 1}")
        if self.version.differs(_version(response)):
            raise Changed("it changed while it was read")
        self._store(response, start, last)
        if self._repeats_beginning(start):
            raise Changed("its server sends the beginning of the file for any range")

    def _repeats_beginning(self, start: int) -> bool:
        """Detect a server that ignores the offset but states the range that was requested.

        Two joined files look the same, so what is suspected must be small enough to be read whole.
        """
        if self.parts.size > WHOLE:
            return False
        beginning, part = (read_from(self._file, _ALIKE, offset) for offset in (0, start))
        return len(set(beginning)) > 1 and beginning == part

    def _store(self, response: httpx.Response, start: int, end: int) -> None:
        at = os.lseek(self._file, start, os.SEEK_SET)
        for piece in body(response, self._deadline):
            at += os.write(self._file, piece)
        if at != end:
            raise Unanswered("its server sent more or fewer bytes than announced", attempts=3)
        self.parts.add(start, end)

    def _read_whole(self, most: int, response: httpx.Response) -> None:
        """Read a file from its beginning to its end; of one that is too large, its beginning."""
        if response.status_code == 416 and _is_empty(response):
            raise UrlReadError("empty: 0 bytes")
        if response.status_code != 200:
            raise UrlReadError(f"{NOT_REACHED}: its server answered {response.status_code}")
        self._describe(response)
        length = response.headers.get("content-length", "")
        announced = int(length) if length.isdecimal() and not _encoding(response) else None
        wanted = _BEGINNING if announced is not None and announced > most else most
        at = os.lseek(self._file, 0, os.SEEK_SET)
        for piece in _decoded(response, body(response, self._deadline), wanted):
            at += os.write(self._file, piece)
            if at > wanted:
                break
        if at > wanted and announced is None:
            problem = f"{_NO_RANGES} and does not state the size (limit {file_size(most)})"
            raise UrlReadError(f"{NOT_REACHED}: {problem}")
        os.ftruncate(self._file, at)
        self._has_ranges = False
        self.parts = Parts(at if announced is None else announced)
        self.parts.add(0, at)


def _version(response: httpx.Response) -> Version:
    etag, modified = (response.headers.get(name, "") for name in ("etag", "last-modified"))
    return Version(etag if etag.isascii() else "", modified if modified.isascii() else "")


def _is_empty(response: httpx.Response) -> bool:
    """Whether not even the first byte is in range."""
    return str(response.headers.get("content-range", "*/0")).rpartition("/")[2].strip() == "0"


def _content_range(response: httpx.Response) -> tuple[int, int, int] | None:
    """Return the start and end of a part, and the size of the whole; None: not all are stated."""
    match = _CONTENT_RANGE.match(response.headers.get("content-range", ""))
    if match is None or match[1] is None or match[3] == "*":
        return None
    start, end, size = int(match[1]), int(match[2]) + 1, int(match[3])
    return (start, end, size) if start < end <= size else None


def _encoding(response: httpx.Response) -> str:
    """Return how a body is compressed, which some servers do unasked."""
    encoding: str = response.headers.get("content-encoding", "").strip().lower()
    return "" if encoding == "identity" else encoding


def _decoded(response: httpx.Response, pieces: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Decompress a body, up to a little more than `most` bytes."""
    encoding = _encoding(response)
    if not encoding:
        yield from pieces
        return
    if encoding not in {"gzip", "x-gzip", "deflate"}:
        raise UrlReadError(f"{NOT_REACHED}: its server compresses it ({encoding[:20]}) unasked")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        for piece in pieces:
            yield unpacker.decompress(piece, most + 1)
            if unpacker.unconsumed_tail:
                return
    except zlib.error as error:
        raise Unanswered(f"its server sent invalid {encoding} data", attempts=2) from error
    if not unpacker.eof:
        raise Unanswered("its server sent fewer bytes than announced", attempts=3)
