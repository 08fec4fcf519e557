"""Measure listing and ranged reads of many objects: `python bench/bucket_rate.py`.

The server answers ListObjectsV2 and ranges in a process of its own, so that 10^5 objects take no
room. All are one JPEG file. Plain requests are those that the probe makes, through the same
library. CPU seconds are those of the client's processes; the probe's start is among them.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import resource
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import trustme
from measure import console_script, users_environment
from PIL import Image

from wanprep.stores.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 1000
_HEAD, _TAIL = 60 * 1024, 4096
_ENTRY = (
    "<Contents><Key>o/{:07}.jpg</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
    "<ETag>&quot;{:032x}&quot;</ETag><Size>{}</Size></Contents>"
)
_LIST = (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult><Name>bench</Name><Prefix></Prefix>'
    "<KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>{}</IsTruncated>{}{}"
    "</ListBucketResult>"
)


class Connection(asyncio.Protocol):
    """Answers requests in their order, some time after each has come."""

    def __init__(self, image: bytes, count: int, delay: float) -> None:
        self._image, self._count, self._delay = image, count, delay
        self._begun = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        *requests, self._begun = (self._begun + data).split(b"\r\n\r\n")
        for request in requests:
            answer = self._answer(request.decode("latin-1"))
            if self._delay:
                asyncio.get_running_loop().call_later(self._delay, self._transport.write, answer)
            else:
                self._transport.write(answer)

    def _answer(self, request: str) -> bytes:
        method, target, _ = request.partition("\r\n")[0].split(" ")
        url = urlsplit(target)
        query = parse_qs(url.query)
        if "list-type" in query:
            return _response(200, self._page(int(query.get("continuation-token", ["0"])[0])))
        number = int(url.path.rpartition("/")[2].partition(".")[0])
        headers = f'ETag: "{number:032x}"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n'
        _, _, span = request.lower().partition("\r\nrange: bytes=")
        size = len(self._image)
        if not span or method == "HEAD":
            return _response(200, b"", f"{headers}Content-Length: {size}\r\n")
        first, _, last = span.partition("\r\n")[0].partition("-")
        end = min(int(last) + 1, size)
        headers += f"Content-Range: bytes {first}-{end - 1}/{size}\r\n"
        return _response(206, self._image[int(first) : end], headers)

    def _page(self, start: int) -> bytes:
        end = min(start + _PAGE, self._count)
        entries = "".join(_ENTRY.format(at, at, len(self._image)) for at in range(start, end))
        more = end < self._count
        token = f"<NextContinuationToken>{end}</NextContinuationToken>" if more else ""
        return _LIST.format(end - start, str(more).lower(), token, entries).encode()


def _response(status: int, body: bytes, headers: str = "") -> bytes:
    length = "" if "Content-Length" in headers else f"Content-Length: {len(body)}\r\n"
    return f"HTTP/1.1 {status} OK\r\n{headers}{length}\r\n".encode() + body


def serve(
    listener: socket.socket, image: bytes, count: int, delay: float, tls: ssl.SSLContext | None
) -> None:
    """Answer until the process is ended."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: Connection(image, count, delay), sock=listener, ssl=tls, backlog=1024
        )
        await server.serve_forever()

    asyncio.run(run())


def used(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def largest_child() -> int:
    """Return the peak memory of the largest process that has ended: in bytes, not on macOS."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def listing(stores: Stores) -> tuple[float, float, int]:
    store, _ = stores.at("s3://bench/")
    wall, cpu = time.perf_counter(), used(resource.RUSAGE_SELF)
    count = sum(1 for _ in store.list(""))
    return time.perf_counter() - wall, used(resource.RUSAGE_SELF) - cpu, count


def plain(stores: Stores, count: int, size: int, threads: int) -> tuple[float, float]:
    store, _ = stores.at("s3://bench/")

    def read(number: int) -> None:
        for start, end in ((0, _HEAD), (size - _TAIL, size)):
            store.read(f"o/{number:07}.jpg", start, end)

    wall, cpu = time.perf_counter(), used(resource.RUSAGE_SELF)
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(read, range(count)):
            pass
    return time.perf_counter() - wall, used(resource.RUSAGE_SELF) - cpu


def probe(environment: dict[str, str]) -> tuple[float, float]:
    command = [console_script("wanprep"), "probe", "s3://bench/", "--format", "jsonl", "--no-cache"]
    wall, cpu = time.perf_counter(), used(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, check=True, capture_output=True)
    assert b'"readable": false' not in done.stdout
    return time.perf_counter() - wall, used(resource.RUSAGE_CHILDREN) - cpu


def server_side() -> ssl.SSLContext:
    """Make a certificate that SSL_CERT_FILE trusts, and return the context of the server."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = Path(gettempdir(), "wanprep-bench.pem")
    authority.cert_pem.write_to_path(path)
    os.environ["SSL_CERT_FILE"] = str(path)
    return context


@contextmanager
def bucket(image: bytes, count: int, options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Serve objects, and yield the environment that leads to them."""
    tls, scheme = (server_side(), "https") if options.https else (None, "http")
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        server = multiprocessing.get_context("fork").Process(
            target=serve, args=(listener, image, count, options.delay, tls), daemon=True
        )
        server.start()
        endpoint = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}"
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
        os.environ |= keys | {"AWS_ENDPOINT_URL": endpoint}
        try:
            trusted = {name: os.environ[name] for name in ("SSL_CERT_FILE",) if options.https}
            yield {**users_environment(), **keys, **trusted, "AWS_ENDPOINT_URL": endpoint}
        finally:
            server.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listed", type=int, default=100_000)
    parser.add_argument("--read", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=16, help="of plain requests")
    parser.add_argument("--delay", type=float, default=0.0, help="of each answer, in seconds")
    parser.add_argument("--https", action="store_true")
    options = parser.parse_args()
    with BytesIO() as file:
        Image.effect_noise((640, 480), 30).convert("RGB").save(file, "JPEG", quality=80)
        image = file.getvalue()
    if options.listed:
        with bucket(image, options.listed, options):
            wall, cpu, found = listing(Stores())
        print(f"listing of {found:,}: {found / wall:,.0f}/s, {found / cpu:,.0f} per CPU second")
    count = options.read
    with bucket(image, count, options) as environment, TemporaryDirectory() as folder:
        environment |= {"WANPREP_CACHE_DIR": folder}
        for _ in range(options.rounds):
            own_wall, own_cpu = probe(environment)
            peak = largest_child()  # now: a later child begins with the memory of this process
            wall, cpu = plain(Stores(), count, len(image), options.threads)
            print(
                f"{count:,} objects: plain {count / wall:,.0f}/s, {1000 * cpu / count:.2f} ms CPU;"
                f" probe {count / own_wall:,.0f}/s, {1000 * own_cpu / count:.2f} ms;"
                f" ratio {wall / own_wall:.2f} by time, {cpu / own_cpu:.2f} by CPU (>= 0.50);"
                f" largest process {peak / 1e6:.0f} MB"
            )


if __name__ == "__main__":
    main()
