"""Read a remote file by range requests.

URLs come from untrusted jobs: neither they nor their redirects may lead to a private network,
the number of bytes is limited, and no cookie or login is sent.
"""

from __future__ import annotations

import ipaddress
import socket
from collections import OrderedDict
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from wanprep import __version__
from wanprep.closing import Closing
from wanprep.media.facts import NOT_REACHED, REFUSED, UNSAFE, is_url
from wanprep.media.source import UrlReadError

if TYPE_CHECKING:
    from collections.abc import Iterator

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

    def __init__(self, url: str, *, private: bool = False) -> None:
        import httpx

        self._url = url
        self._allow_private = private
        self._fetched = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        with _translate_errors():  # the environment may name an invalid proxy
            self._client = httpx.Client(
                timeout=_SECONDS,
                headers={"user-agent": f"wanprep/{__version__}", "accept-encoding": "identity"},
            )
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
            url = urljoin(url, response.headers["location"])
            if not is_url(url) or (self._url.lower().startswith("https") and url[:5] != "https"):
                raise UrlReadError(f"{UNSAFE}: it redirects to a URL that is not https")
        raise UrlReadError(f"{REFUSED}: more than {_MAX_REDIRECTS} redirects")

    def _send(self, url: str, start: int, end: int) -> httpx.Response:
        if not self._allow_private:
            self._refuse_private(url)
        request = self._client.build_request(
            "GET", url, headers={"range": f"bytes={start}-{end - 1}"}
        )
        with _translate_errors():
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

    def _refuse_private(self, url: str) -> None:
        from wanprep.net.urls import is_private

        parts = urlsplit(url)
        host = parts.hostname or ""
        addresses = [] if is_private(host) else self._addresses(parts.scheme.lower(), host)
        if is_private(host) or not all(each.is_global for each in addresses):
            raise UrlReadError(f"{UNSAFE}: it leads to a private network")

    def _addresses(
        self, scheme: str, host: str
    ) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        """Resolve a host, unless a proxy does that."""
        from urllib.request import getproxies, proxy_bypass

        proxies = getproxies()
        if (proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host):
            return []
        try:
            addresses = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
        except OSError as error:
            raise UrlReadError(f"{NOT_REACHED}: its host name cannot be resolved") from error
        return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in addresses]


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise UrlReadError for the errors of httpx."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        late = f"{NOT_REACHED}: its server did not answer within {_SECONDS:g} s"
        raise UrlReadError(late) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise UrlReadError(f"{NOT_REACHED}: invalid URL ({error})") from error
    except httpx.HTTPError as error:
        raise UrlReadError(f"{NOT_REACHED}: {str(error) or type(error).__name__}") from error
