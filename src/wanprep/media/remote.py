"""A file behind an address, read in ranges: its headers, and never the whole of it.

The address comes from a stranger's job. It may lead to no machine of a private network, not by
a redirect either, and only so much is fetched of it. No cookie and no login goes with a request.
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
from wanprep.media.source import Unreached

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

_BLOCK: Final = 64 * 1024
_KEPT: Final = 64  # blocks in memory
# A voice of 15 MB may have to be read whole to know its length; a clip needs its index only.
MOST_BYTES: Final = 24 * 2**20
_MOST_REDIRECTS: Final = 5
_SECONDS: Final = 10.0
# Nothing of the file's doing, and perhaps over in a minute.
_PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


class RemoteFile(Closing):
    """A source whose bytes lie on a server that answers range requests."""

    def __init__(self, url: str, *, private: bool = False) -> None:
        import httpx

        self._url = url
        self._private = private  # whether machines of a private network may be asked
        self._fetched = 0
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        with _told():  # what the environment says of proxies may make no sense
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
        """Let go of the connection."""
        self._client.close()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return `length` bytes from `offset` on, fewer only where the file ends."""
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
        if index not in self._blocks:  # a long stretch has pushed its own beginning out
            self._take(index * _BLOCK, self._range(index, index))
        self._blocks.move_to_end(index)
        return self._blocks[index]

    def _fetch(self, first: int, last: int) -> None:
        """Ask for all blocks of a stretch that are not there, in one request."""
        missing = [index for index in range(first, last + 1) if index not in self._blocks]
        if missing:
            stretch = missing[: _KEPT // 2]
            self._take(stretch[0] * _BLOCK, self._range(stretch[0], stretch[-1]))

    def _take(self, start: int, data: bytes) -> None:
        for at in range(0, len(data), _BLOCK):
            self._blocks[(start + at) // _BLOCK] = data[at : at + _BLOCK]
        while len(self._blocks) > _KEPT:
            self._blocks.popitem(last=False)

    def _range(self, first: int, last: int) -> bytes:
        start, end = first * _BLOCK, min((last + 1) * _BLOCK, self.size)
        self._fetched += end - start
        if self._fetched > MOST_BYTES:
            raise Unreached(f"{NOT_REACHED}: too much of it would have to be fetched to know it")
        with closing(self._ask(start, end)) as answer:
            if answer.status_code != 206:
                raise Unreached(f"{NOT_REACHED}: its server does not answer requests for a part")
            data = self._body(answer, end - start)
        if len(data) != end - start:
            raise Unreached(f"{NOT_REACHED}: its server sent less than it promised")
        return data

    def _open(self) -> int:
        """Ask for the beginning, learn the size, and remember what came along."""
        with closing(self._ask(0, _BLOCK)) as answer:
            if answer.status_code == 206:
                total = answer.headers.get("content-range", "").rpartition("/")[2]
                size = int(total) if total.isdecimal() else -1
            else:  # the server sends all of it: a beginning is taken, the rest left
                told = answer.headers.get("content-length", "")
                size = int(told) if told.isdecimal() else -1
            if size < 0:
                raise Unreached(f"{NOT_REACHED}: its server does not tell how large it is")
            self._take(0, self._body(answer, min(size, _BLOCK)))
        return size

    def _body(self, answer: httpx.Response, length: int) -> bytes:
        data = bytearray()
        with _told():
            for piece in answer.iter_raw(_BLOCK):
                data += piece
                if len(data) >= length:
                    break
        return bytes(data[:length])

    def _ask(self, start: int, end: int) -> httpx.Response:
        """Ask for a stretch, through redirects, and return an answer that is still open."""
        url = self._url
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._send(url, start, end)
            if not answer.is_redirect:
                return self._checked(answer)
            answer.close()
            url = urljoin(url, answer.headers["location"])
            if not is_url(url) or (self._url.lower().startswith("https") and url[:5] != "https"):
                raise Unreached(f"{UNSAFE}: it leads on to an address that is not https")
        raise Unreached(f"{REFUSED}: it leads from one address to the next without an end")

    def _send(self, url: str, start: int, end: int) -> httpx.Response:
        if not self._private:
            self._refuse_private(url)
        request = self._client.build_request(
            "GET", url, headers={"range": f"bytes={start}-{end - 1}"}
        )
        with _told():
            return self._client.send(request, stream=True)

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        status = answer.status_code
        if status in {200, 206}:
            return answer
        answer.close()
        if status == 416:  # there is no first byte
            raise Unreached("empty: 0 bytes")
        kind = NOT_REACHED if status in _PASSING else REFUSED
        raise Unreached(f"{kind}: its server answers {status} {answer.reason_phrase}".rstrip())

    def _refuse_private(self, url: str) -> None:
        from wanprep.net.addresses import is_private

        parts = urlsplit(url)
        host = parts.hostname or ""
        found = [] if is_private(host) else self._addresses(parts.scheme.lower(), host)
        if is_private(host) or not all(each.is_global for each in found):
            raise Unreached(f"{UNSAFE}: it leads to a private network")

    def _addresses(
        self, scheme: str, host: str
    ) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        """Look a name up, unless a proxy does so for us."""
        from urllib.request import getproxies, proxy_bypass

        proxies = getproxies()
        if (proxies.get(scheme) or proxies.get("all")) and not proxy_bypass(host):
            return []
        try:
            found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
        except OSError as error:
            raise Unreached(f"{NOT_REACHED}: its host cannot be found from here") from error
        return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


@contextmanager
def _told() -> Iterator[None]:
    """Turn what goes wrong on the way into words."""
    import httpx

    try:
        yield
    except httpx.TimeoutException as error:
        late = f"{NOT_REACHED}: its server did not answer within {_SECONDS:g} s"
        raise Unreached(late) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise Unreached(f"{NOT_REACHED}: an address makes no sense ({error})") from error
    except httpx.HTTPError as error:
        raise Unreached(f"{NOT_REACHED}: {str(error) or type(error).__name__}") from error
