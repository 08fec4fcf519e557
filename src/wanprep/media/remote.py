"""Read a remote file by range requests.

URLs come from untrusted jobs: neither they nor their redirects may lead to a private network
(`net/client.py` sees to that), and the number of bytes is limited.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin

from wanprep.closing import Closing
from wanprep.errors import UsageError
from wanprep.media.facts import NOT_REACHED, REFUSED, UNSAFE, is_url
from wanprep.media.source import UrlReadError
from wanprep.net.reach import Reach, UnsafeAddress, allowed_hosts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import httpx

_BLOCK: Final = 64 * 1024
_KEPT: Final = 64  # blocks in memory
# The length of a voice of 15 MB may take all of it to measure; a video needs its index only.
MAX_BYTES: Final = 24 * 2**20
_MAX_REDIRECTS: Final = 5
_SECONDS: Final = 10.0
# Temporary errors of the server, not of the file.
_TEMPORARY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class RemoteFile(Closing):
    """A source on a server that answers range requests."""

    def __init__(self, url: str, allow_hosts: Sequence[str] = ()) -> None:
        from wanprep.net.client import open_client

        self._url = url
        self._fetched = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        try:
            reach = Reach(hosts=allowed_hosts(os.environ, allow_hosts))
            self._client = open_client(reach, timeout=_SECONDS, connections=2, keep_alive=True)
        except UsageError as error:  # the environment names an invalid proxy or host
            raise UrlReadError(f"{NOT_REACHED}: {error}") from error
        try:
            self.size = self._open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only at the end."""
        end = min(offset + length, self.size)
        if offset < 0 or end <= offset:
            return b""
        self._fetch(offset // _BLOCK, (end - 1) // _BLOCK)
        pieces = []
        for index in range(offset // _BLOCK, (end - 1) // _BLOCK + 1):
            block = self._block(index)
            first = index * _BLOCK
            pieces.append(block[max(0, offset - first) : end - first])
        return b"".join(pieces)

    def _block(self, index: int) -> bytes:
        if index not in self._blocks:  # evicted by the end of a long range
            self._store(index * _BLOCK, self._range(index, index))
        self._blocks.move_to_end(index)
        return self._blocks[index]

    def _fetch(self, first: int, last: int) -> None:
        """Request the blocks that are missing, up to half of those that are kept."""
        missing = [index for index in range(first, last + 1) if index not in self._blocks]
        if missing:
            run = missing[: _KEPT // 2]
            self._store(run[0] * _BLOCK, self._range(run[0], run[-1]))

    def _store(self, start: int, data: bytes) -> None:
        for at in range(0, len(data), _BLOCK):
            self._blocks[(start + at) // _BLOCK] = data[at : at + _BLOCK]
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def _range(self, first: int, last: int) -> bytes:
        start, end = first * _BLOCK, min((last + 1) * _BLOCK, self.size)
        self._fetched += end - start
        if self._fetched > MAX_BYTES:
            limit = f"{MAX_BYTES / 2**20:.0f} MiB"
            raise UrlReadError(f"{NOT_REACHED}: reading it would take more than {limit}")
        with closing(self._request(start, end)) as response:
            if response.status_code != 206:
                raise UrlReadError(f"{NOT_REACHED}: its server does not support range requests")
            data = self._body(response, end - start)
        if len(data) != end - start:
            raise UrlReadError(f"{NOT_REACHED}: its server sent fewer bytes than announced")
        return data

    def _open(self) -> int:
        """Request the first block, and return the size of the file."""
        with closing(self._request(0, _BLOCK)) as response:
            if response.status_code == 206:
                total = response.headers.get("content-range", "").rpartition("/")[2]
                size = int(total) if total.isdecimal() else -1
            else:  # the server sends the whole file: only its beginning is read
                length = response.headers.get("content-length", "")
                size = int(length) if length.isdecimal() else -1
            if size < 0:
                raise UrlReadError(f"{NOT_REACHED}: its server does not state the size")
            self._store(0, self._body(response, min(size, _BLOCK)))
        return size

    def _body(self, response: httpx.Response, length: int) -> bytes:
        data = bytearray()
        with _translate_errors():
            for piece in response.iter_raw(_BLOCK):
                data += piece
                if len(data) >= length:
                    break
        return bytes(data[:length])

    def _request(self, start: int, end: int) -> httpx.Response:
        """Request a range, follow redirects, and return the open response."""
        url = self._url
        for _ in range(_MAX_REDIRECTS + 1):
            response = self._send(url, start, end)
            if not response.is_redirect:
                return self._check_response(response)
            response.close()
            url = self._redirect_target(url, response.headers.get("location", ""))
        raise UrlReadError(f"{REFUSED}: more than {_MAX_REDIRECTS} redirects")

    def _redirect_target(self, url: str, location: str) -> str:
        if not location:
            raise UrlReadError(f"{REFUSED}: its server redirects without a location")
        try:
            target = urljoin(url, location)
        except ValueError as error:
            raise UrlReadError(f"{REFUSED}: it redirects to an invalid URL") from error
        is_https = target[:6].lower() == "https:"
        if not is_url(target) or (self._url[:6].lower() == "https:" and not is_https):
            raise UrlReadError(f"{UNSAFE}: it redirects to a URL that is not https")
        return target

    def _send(self, url: str, start: int, end: int) -> httpx.Response:
        with _translate_errors():
            request = self._client.build_request(
                "GET", url, headers={"range": f"bytes={start}-{end - 1}"}
            )
            return self._client.send(request, stream=True)

    def _check_response(self, response: httpx.Response) -> httpx.Response:
        status = response.status_code
        if status in {200, 206}:
            return response
        response.close()
        if status == 416:  # not even the first byte is in range
            raise UrlReadError("empty: 0 bytes")
        kind = NOT_REACHED if status in _TEMPORARY else REFUSED
        reason = f"{status} {response.reason_phrase}".rstrip()
        raise UrlReadError(f"{kind}: its server answered {reason}")


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise UrlReadError for the errors of httpx."""
    import httpx

    try:
        yield
    except UnsafeAddress as error:
        raise UrlReadError(f"{UNSAFE}: {error}") from error
    except httpx.TimeoutException as error:
        late = f"{NOT_REACHED}: its server did not answer within {_SECONDS:g} s"
        raise UrlReadError(late) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UrlReadError(f"{NOT_REACHED}: invalid URL ({error})") from error
    except httpx.HTTPError as error:
        raise UrlReadError(f"{NOT_REACHED}: {str(error) or type(error).__name__}") from error
