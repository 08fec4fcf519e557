"""Whatever the bytes: an answer, in time, in one line, that fits the published schema."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from PIL import Image

from wanprep.engines.pool import WorkerPool
from wanprep.media.facts import NOT_READ
from wanprep.media.sniff import sniff
from wanprep.media.source import Bytes
from wanprep.media.workers import probe_pool, probe_with
from wanprep.schemas import load_schema

SCHEMA: Final = Draft202012Validator(load_schema("facts"))
IMAGES: Final = ("jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "ico", "jpeg2000")
VIDEOS: Final = {
    "mp4": "-c:v libx264 -c:a aac",
    "fragmented.mp4": "-c:v libx264 -c:a aac -movflags frag_keyframe+empty_moov",
    "mov": "-c:v mjpeg -c:a pcm_s16le",
    "webm": "-c:v libvpx -c:a libvorbis",
    "mkv": "-c:v libx264 -c:a libopus -strict -2",
    "avi": "-c:v mpeg4 -c:a libmp3lame",
    "flv": "-c:v flv1 -c:a libmp3lame -ar 44100",
    "ts": "-c:v libx264 -c:a aac",
}
AUDIO: Final = ("wav", "mp3", "m4a", "flac", "ogg", "opus", "aac", "aiff", "wma", "ac3")


def is_searched(seed: bytes) -> bool:
    """Return whether the length is in no header: every frame or packet is visited."""
    return sniff(Bytes(seed)).format in {"aac", "asf", "avi", "flac", "flv", "mp3", "ogg", "ts"}


class Seeds(list[bytes]):
    def __repr__(self) -> str:  # hypothesis shows it with every failure
        return f"{len(self)} small files"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory, ffmpeg: str) -> Seeds:
    """One small real file of each format."""
    folder = tmp_path_factory.mktemp("seeds")
    image = Image.effect_noise((48, 32), 50).convert("RGB")
    for name in IMAGES:
        image.save(folder / f"image.{name}", name, **({"exif": exif()} if name in EXIF else {}))
    source = "-f lavfi -i testsrc=size=64x48:rate=10:duration=1 -f lavfi -i sine=duration=1"
    for name, codecs in VIDEOS.items():
        run(ffmpeg, f"{source} {codecs} -pix_fmt yuv420p", folder / f"video.{name}")
    for name in AUDIO:
        run(ffmpeg, "-f lavfi -i sine=duration=1", folder / f"audio.{name}")
    return Seeds(path.read_bytes() for path in sorted(folder.iterdir()))


EXIF: Final = {"jpeg", "png", "webp"}


def exif() -> bytes:
    tags = Image.Exif()
    tags[274] = 6
    return tags.tobytes()


def run(ffmpeg: str, arguments: str, path: Path) -> None:
    command = [ffmpeg, "-v", "error", "-y", *arguments.split(), str(path)]
    subprocess.run(command, check=True)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    """One worker with little time: libmediainfo may well run in circles over such bytes."""
    with probe_pool(workers=1, seconds=3) as pool:
        yield pool


def holds(pool: WorkerPool, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    started = time.monotonic()
    (probed,) = probe_with(lambda: pool, [str(path)])
    facts = probed.as_json()
    assert time.monotonic() - started < 20
    assert [error.message for error in SCHEMA.iter_errors(facts)] == []
    assert facts["readable"] or facts["problem"]
    # A worker that ends with a status, and not by a signal, was ended by an exception of ours.
    assert "exit status" not in facts.get("problem", "")
    assert "internal error" not in facts.get("problem", "")


slow_but_sure = settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


CHANGES: Final = st.lists(
    st.tuples(
        st.sampled_from(["flip", "big-endian", "little-endian", "cut", "double", "drop"]),
        st.integers(0, 2**20),
        st.sampled_from([0, 1, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]),
    ),
    min_size=1,
    max_size=6,
)


def changed(seed: bytes, change: str, place: int, number: int) -> bytes:
    at = place % (len(seed) + 1)
    before, after = seed[:at], seed[at:]
    match change:
        case "flip":
            return before + bytes([number % 251]) + after[1:]
        case "big-endian":
            return before + struct.pack(">I", number) + after[4:]
        case "little-endian":
            return before + struct.pack("<I", number) + after[4:]
        case "double":
            return before + after[:64] + after
        case "drop":
            return before + after[number % 61 + 1 :]
    return before


@pytest.mark.slow
@slow_but_sure
@given(which=st.integers(0, 2**20), changes=CHANGES)
def test_mutated_real_files(
    seeds: Seeds, pool: WorkerPool, tmp_path: Path, which: int, changes: list[tuple[str, int, int]]
) -> None:
    data = seeds[which % len(seeds)]
    for change in changes:
        data = changed(data, *change)
    holds(pool, tmp_path / "mutated", data)


@pytest.mark.slow
@slow_but_sure
@given(data=st.binary(max_size=400))
def test_any_bytes(pool: WorkerPool, tmp_path: Path, data: bytes) -> None:
    holds(pool, tmp_path / "any.jpg", data)


@pytest.mark.slow
def test_every_format_cut_anywhere(seeds: Seeds, pool: WorkerPool, tmp_path: Path) -> None:
    for seed in seeds:
        step = len(seed) // (3 if is_searched(seed) else 9)  # the former start ffmpeg
        for length in {1, 2, 7, 8, 11, 12, 16, 30, 44, 60, *range(0, len(seed), step)}:
            holds(pool, tmp_path / "cut", seed[:length])


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", data), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


BOMBS: Final = {
    "png": png(60_000, 60_000, zlib.compress(b"\0" * 10_000_000)),
    "gif": b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\0\0\0"
    + b"\x2c" + struct.pack("<HHHH", 0, 0, 65_535, 65_535) + b"\0\x08\x01\0\0\x3b",
    "bmp": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 30_000, 30_000, 1, 24, 0,
                               0, 0, 0, 0, 0),
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10)
    + b"\x02\0\0\0" + b"\xff\x3f\0" + b"\xff\x3f\0",
    "tiff": b"II*\0\x08\0\0\0" + struct.pack(
        "<H" + "HHII" * 6 + "I", 6, 256, 4, 1, 2**31 - 1, 257, 4, 1, 2**31 - 1, 258, 3, 1, 8,
        262, 3, 1, 1, 273, 4, 1, 8, 279, 4, 1, 8, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_decompression_bomb_costs_neither_time_nor_memory(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"bomb.{name}"
    path.write_bytes(BOMBS[name])
    code = f"""
import json, resource, sys
from wanprep.media.probe_file import probe_file
widths = [probe_file({str(path)!r}, deep=deep).width for deep in (False, True)]
try:  # getrusage would count what this process was before it became this program
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    peak = int(status["VmHWM"].split()[0])
except FileNotFoundError:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
print(json.dumps([widths, peak]))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20)
    (width, deep_width), kilobytes = json.loads(done.stdout)
    assert width == deep_width
    assert width in {60_000, 65_535, 30_000, 16_384, 2_147_483_647}
    assert kilobytes < 300_000


def test_a_huge_file_gets_an_answer_in_time(tmp_path: Path, seeds: Seeds) -> None:
    """Most are read by their headers; the others are searched until time is up."""
    paths = []
    for number, seed in enumerate(seeds):
        path = tmp_path / f"huge{number}"
        path.write_bytes(seed)
        os.truncate(path, 40 * 10**9)
        paths.append(str(path))

    with probe_pool(seconds=1) as pool:
        probed = list(probe_with(lambda: pool, paths))

    assert [facts.path for facts in probed] == paths
    late = [facts for facts in probed if (facts.problem or "").startswith(NOT_READ)]
    assert {facts.problem for facts in late} <= {"not read: it took longer than 1 s"}
    searched = {path for path, seed in zip(paths, seeds, strict=True) if is_searched(seed)}
    assert {facts.path for facts in late} <= searched, "the rest is read at once"
