"""Count the requests, bytes and connections that URLs take: `python bench/url_requests.py`.

A server on loopback answers each request and accepts each connection 100 ms late, as one that is
far away. It plays the proxy for http://cdn.example.com, so that versions of wanprep that refuse
loopback can be measured as well. `--corpus DIR` adds the files of a folder, by their first folder.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import imageio_ffmpeg
from measure import console_script, table, users_environment

_HOST: Final = "http://cdn.example.com"
_DELAY: Final = 0.1  # seconds
_NOISE: Final = "aevalsrc=random(0):s=44100:d={}"


@dataclass
class Server:
    """Files on loopback, and what was requested of them."""

    root: Path
    requests: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    bytes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    connections: int = 0

    def forget(self) -> None:
        self.requests.clear()
        self.bytes.clear()
        self.connections = 0


def handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            server.connections += 1
            time.sleep(_DELAY)
            super().setup()

        def do_GET(self) -> None:
            time.sleep(_DELAY)
            name = unquote(urlsplit(self.path).path).lstrip("/")
            with (server.root / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                first, _, last = self.headers.get("range", "bytes=0-")[6:].partition("-")
                end = min(int(last or size) + 1, size)
                file.seek(int(first))
                data = file.read(end - int(first))
            is_known = self.headers.get("if-none-match") == f'"{size}"'
            server.requests[name] += 1
            server.bytes[name] += 0 if is_known else len(data)
            self.send_response(304 if is_known else 206 if "range" in self.headers else 200)
            self.send_header("ETag", f'"{size}"')
            self.send_header("Content-Range", f"bytes {first}-{end - 1}/{size}")
            self.send_header("Content-Length", "0" if is_known else str(len(data)))
            self.end_headers()
            if not is_known:
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


def make_files(folder: Path) -> None:
    """Make a voice of 6 MB with and without a header, and a video of 115 MB, its index last."""
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "lavfi", "-i"]
    voice = [*ffmpeg, _NOISE.format(190), "-c:a", "libmp3lame", "-b:a", "256k"]
    subprocess.run([*voice, folder / "voice.mp3"], check=True)
    subprocess.run([*voice, "-write_xing", "0", folder / "no-header.mp3"], check=True)
    video = [*ffmpeg, "testsrc=s=320x240:r=30:d=120", "-c:v", "mpeg4", folder / "clip.mp4"]
    subprocess.run(video, check=True)
    data = bytearray((folder / "clip.mp4").read_bytes())
    start, end = data.index(b"mdat") - 4, data.index(b"moov") - 4
    padding = 115_000_000 - len(data)
    data[start : start + 4] = (end - start + padding).to_bytes(4, "big")
    (folder / "clip.mp4").write_bytes(data[:end] + bytes(padding) + data[end:])


def probe(names: list[str], proxy: str, cache: str) -> float:
    """Probe files in one process, and return the seconds that it took."""
    environment = users_environment() | {"http_proxy": proxy, "WANPREP_CACHE_DIR": cache}
    command = [console_script("wanprep"), "probe", "--format", "jsonl"]
    start = time.perf_counter()
    subprocess.run(
        [*command, *(f"{_HOST}/{name}" for name in names)],
        env=environment, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, metavar="DIR", help="measure these files too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "files").mkdir()
        make_files(Path(scratch) / "files")
        rows = measure(Path(scratch) / "files", scratch, one_by_one=True)
        print(table([("one process each", "files", "seconds", "requests", "KB", "conn."), *rows]))
        if options.corpus:
            rows = measure(options.corpus, scratch, one_by_one=False)
            heads = ("one process for a folder", "files", "seconds", "requests", "KB", "conn.")
            print(table([heads, *rows]))


def measure(root: Path, scratch: str, *, one_by_one: bool) -> list[tuple[str, ...]]:
    """Probe twice, the second time with what the first one has left in the cache."""
    server = Server(root)
    groups: dict[str, list[str]] = defaultdict(list)
    for path in sorted(each for each in root.rglob("*.*") if each.is_file()):
        name = str(path.relative_to(root))
        groups[name if one_by_one else name.partition("/")[0]].append(name)
    rows: list[tuple[str, ...]] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(server)) as http:
        http.daemon_threads = True
        threading.Thread(target=http.serve_forever, daemon=True).start()
        for group, names in groups.items():
            for again in ("", ", again"):
                server.forget()
                seconds = probe(names, f"http://127.0.0.1:{http.server_port}", f"{scratch}/cache")
                requests, sizes = list(server.requests.values()), list(server.bytes.values())
                counts = f"{statistics.median(requests):g} (max {max(requests)})"
                size = f"{statistics.median(sizes) / 1000:.0f} (max {max(sizes) / 1000:.0f})"
                row = (f"{group}{again}", str(len(names)), f"{seconds:.2f}", counts, size)
                rows.append((*row, str(server.connections)))
        http.shutdown()
    return rows


if __name__ == "__main__":
    main()
