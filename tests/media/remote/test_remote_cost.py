"""How many requests and bytes the facts of a file take, format by format."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from containers import make as make_clip
from PIL import Image
from web import Page, Web, web

from wanprep.media.facts import Facts
from wanprep.media.probe_file import facts_of_parts, probe_file
from wanprep.media.remote.parts import Parts
from wanprep.media.remote.prober import UrlProber

Make = Callable[..., bytes]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with web() as found:
        monkeypatch.setenv("WANPREP_ALLOW_HOSTS", found.proxy.removeprefix("http://"))
        yield found


@pytest.fixture
def encode() -> Make:
    def run(*arguments: str, suffix: str) -> bytes:
        return make_clip(" ".join(("-f lavfi", *arguments)), f".{suffix}")

    return run


def image(name: str, **options: object) -> bytes:
    with BytesIO() as file:
        Image.effect_noise((500, 500), 90).convert("RGB").save(file, name, **options)
        return file.getvalue()


def with_late_index(data: bytes) -> bytes:
    """Move the index of a video 6 MB away from its frames."""
    at = data.index(b"moov") - 4
    free = 6 * 2**20
    return data[:at] + free.to_bytes(4, "big") + b"free" + bytes(free - 8) + data[at:]


VIDEO = ("-i", "testsrc=s=160x120:r=25:d=2")
RAW = ("-c:v", "rawvideo", "-pix_fmt", "yuv420p")
TONE = "aevalsrc=random(0):d={}:s=44100"
MP3 = ("-c:a", "libmp3lame", "-ac", "1")
FILES: dict[str, Callable[[Make], bytes]] = {
    "jpeg": lambda _: image("JPEG", quality=100),
    "png": lambda _: image("PNG"),
    "png, in small chunks": lambda _: in_chunks(image("PNG")),
    "webp": lambda _: image("WEBP", lossless=True),
    "mp4": lambda encode: with_late_index(encode(*VIDEO, suffix="mp4")),
    "mov": lambda encode: with_late_index(encode(*VIDEO, suffix="mov")),
    "wav": lambda encode: encode("-i", TONE.format(5), suffix="wav"),
    "mp3": lambda encode: encode("-i", TONE.format(9), *MP3, "-b:a", "320k", suffix="mp3"),
    "mp3, variable": lambda encode: encode(
        "-i", TONE.format(9), *MP3, "-q:a", "0", "-write_id3v1", "1", suffix="mp3"
    ),
    "mp3, no header": lambda encode: encode(
        "-i", TONE.format(9), *MP3, "-b:a", "320k", "-write_xing", "0", suffix="mp3"
    ),
    "mkv": lambda encode: encode(*VIDEO, *RAW, suffix="mkv"),
}  # fmt: skip
LESS_KNOWN = {"frames", "vfr", "video_duration"}  # of a video whose frames were not listed


def in_chunks(png: bytes) -> bytes:
    """Divide the image data as libpng does."""
    import zlib

    at = png.index(b"IDAT") - 4
    data, position = b"", at
    while png[position + 4 : position + 8] == b"IDAT":
        length = int.from_bytes(png[position : position + 4], "big")
        data += png[position + 8 : position + 8 + length]
        position += 12 + length
    pieces = [b"IDAT" + data[start : start + 8192] for start in range(0, len(data), 8192)]
    chunks = (
        (len(piece) - 4).to_bytes(4, "big") + piece + zlib.crc32(piece).to_bytes(4, "big")
        for piece in pieces
    )
    return png[:at] + b"".join(chunks) + png[position:]


def read_parts(path: str, url: str, parts: Parts) -> Facts | tuple[int, int]:
    found = facts_of_parts(path, url, parts.size, parts.ranges)
    return Facts.from_json(found["facts"]) if "facts" in found else found["missing"]


@pytest.mark.parametrize("name", FILES)
def test_facts_cost_few_requests(server: Web, encode: Make, tmp_path: Path, name: str) -> None:
    data = FILES[name](encode)
    (tmp_path / "file").write_bytes(data)
    server.pages["/file"] = Page(data)
    local = probe_file(str(tmp_path / "file")).as_json()

    with UrlProber(read_parts) as prober:
        remote = prober.probe(f"{server.proxy}/file").facts.as_json()

    most, kib = (3, 188) if name == "mp3, no header" else (2, 124)
    assert len(data) > 130_000
    assert server.sent <= most
    assert server.bytes <= kib * 1024
    assert server.connections == 1
    estimated = remote.pop("duration_estimated", False)
    assert estimated == name.startswith(("mp3", "mkv"))
    left_out = LESS_KNOWN if name == "mkv" else set()
    expected = {key: value for key, value in local.items() if key not in left_out}
    assert remote | {"path": ""} == expected | {"path": ""}


def test_a_recording_without_a_length_is_read_whole(server: Web, encode: Make) -> None:
    """Such as those of browsers: their header is written before their end is known."""
    data = encode(*VIDEO, *RAW, "-live", "1", suffix="mkv")
    server.pages["/file"] = Page(data)

    with UrlProber(read_parts) as prober:
        facts = prober.probe(f"{server.proxy}/file").facts
    assert facts.frames == 50
    assert facts.duration_estimated is None


def with_frames(mp3: bytes, count: int) -> bytes:
    """Change the number of frames in an Info header."""
    at = mp3.index(b"Info") + 8
    return mp3[:at] + count.to_bytes(4, "big") + mp3[at + 4 :]


NOISE = ("-i", TONE.format(9), *MP3, "-b:a", "320k")
QUIET_ENDS = "aevalsrc=if(between(t\\,13\\,23)\\,random(0)\\,0):s=44100:d=36"


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda encode: 2 * encode(*NOISE, suffix="mp3"), id="two joined files"),
        pytest.param(lambda encode: encode(*NOISE, suffix="mp3")[:200_000], id="cut off"),
        pytest.param(
            lambda encode: with_frames(encode(*NOISE, suffix="mp3"), 99), id="wrong number"
        ),
        pytest.param(lambda encode: bytes(999) + encode(*NOISE, suffix="mp3"), id="junk in front"),
        pytest.param(
            lambda encode: encode("-i", QUIET_ENDS, *MP3, "-q:a", "2", "-write_xing", "0",
                                  suffix="mp3"),
            id="no header, and silence at both ends",
        ),
        pytest.param(
            lambda encode: encode(*NOISE, "-write_xing", "0", suffix="mp3") + bytes(70_000),
            id="zeros behind",
        ),
    ],
)  # fmt: skip
def test_an_mp3_is_walked_where_its_header_is_not_enough(
    server: Web, encode: Make, tmp_path: Path, make: Callable[[Make], bytes]
) -> None:
    data = make(encode)
    (tmp_path / "file").write_bytes(data)
    server.pages["/file"] = Page(data)
    with UrlProber(read_parts) as prober:
        remote = prober.probe(f"{server.proxy}/file").facts.as_json()
    assert len(data) > 130_000
    assert remote | {"path": ""} == probe_file(str(tmp_path / "file")).as_json() | {"path": ""}


SIZE = 10_000_000


@pytest.mark.parametrize(
    ("ranges", "missing", "expected"),
    [
        pytest.param([(0, 100)], (5000, 10), (5000, 70_536), id="somewhere"),
        pytest.param([(0, 100)], (SIZE - 12, 12), (SIZE - 65_536, SIZE), id="the end"),
        pytest.param([(0, 100)], (SIZE - 400_000, 16), (SIZE - 400_000, SIZE), id="an index"),
        pytest.param([(0, 200_000)], (200_000, 10), (200_000, 400_000), id="reading on"),
        pytest.param([(0, 9_000_000)], (9_000_000, 10), (9_000_000, SIZE), id="to the end"),
        pytest.param([(0, 100)], (5000, SIZE), (5000, 5000 + 4 * 2**20), id="at most 4 MiB"),
        pytest.param([(0, 100), (6000, 7000)], (5000, 10), (5000, 6000), id="up to the next part"),
        pytest.param([(0, SIZE - 50)], (SIZE - 50, 1), (SIZE - 50, SIZE), id="not twice"),
    ],
)
def test_what_is_requested(
    ranges: list[tuple[int, int]], missing: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert Parts(SIZE, ranges).next_request(*missing) == expected


def test_parts_are_joined() -> None:
    parts = Parts(10)
    for part in ((0, 2), (4, 6), (2, 4), (5, 10)):
        assert not parts.complete
        parts.add(*part)
    assert parts.ranges == [(0, 10)]
    assert parts.complete
