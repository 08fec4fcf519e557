"""Whatever is in a file, ffmpeg opens nothing else."""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ffmpeg
import pytest
from sample_videos import make, remake

from wanprep.fix.ffmpeg import Stream, input_stream, run_ffmpeg
from wanprep.fix.plan.plan import CannotFix
from wanprep.media.facts import Facts
from wanprep.media.probe_file import probe_file


@dataclass
class Listener:
    """A server that records connections."""

    port: int
    received: list[bytes] = field(default_factory=list)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])

        def listen() -> None:
            while True:
                line, _ = server.accept()
                with line:
                    listener.received.append(line.recv(100))
                if listener.received[-1] == b"enough":
                    return

        thread = threading.Thread(target=listen)
        thread.start()
        yield listener
        with socket.create_connection(("127.0.0.1", listener.port)) as line:
            line.sendall(b"enough")
        thread.join(20)


def _read(path: Path, facts: Facts) -> None:
    graph = ffmpeg.output(input_stream(str(path), facts)["v:0"], "-", format="null")
    run_ffmpeg(ffmpeg.get_args(graph), seconds=60)


_VIDEO = Facts(path="", kind="video", format="mp4")
_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"


@pytest.mark.parametrize("video_format", ["mp4", "mpg"])
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_HLS.format("http://127.0.0.1:{port}/a.ts"), id="m3u8, a URL"),
        pytest.param(_HLS.format("{other}"), id="m3u8, another file"),
        pytest.param("ffconcat version 1.0\nfile {other}\n", id="concat"),
        pytest.param("file {other}\n", id="concat without a head"),
        pytest.param("v=0\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n", id="sdp"),
        pytest.param(
            '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
            ' mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4">'
            '<Representation id="1" bandwidth="1"><BaseURL>http://127.0.0.1:{port}/a</BaseURL>'
            "</Representation></AdaptationSet></Period></MPD>",
            id="dash",
        ),
    ],
)
def test_a_playlist_opens_nothing(
    tmp_path: Path, listener: Listener, text: str, video_format: str
) -> None:
    other = make(tmp_path / "other.mp4", "testsrc=s=64x64:d=0.2")
    path = tmp_path / "video.mp4"
    path.write_text(text.replace("{port}", str(listener.port)).replace("{other}", other))

    with pytest.raises(CannotFix):
        _read(path, Facts(path="", kind="video", format=video_format))

    assert listener.received == []


def test_a_video_cannot_name_another_for_its_frames(tmp_path: Path) -> None:
    """An alias in a QuickTime file names the file with its frames."""
    other = make(tmp_path / "frames.mov", "testsrc=s=64x64:d=0.2", how="-c:v png")
    crafted = tmp_path / "crafted.mov"
    crafted.write_bytes(_with_alias(Path(other).read_bytes(), other))
    permissive = input_stream(str(crafted), probe_file(other), enable_drefs=1, use_absolute_path=1)

    assert other in _log(permissive)  # the crafting worked: ffmpeg could be made to follow it
    assert other not in _log(input_stream(str(crafted), probe_file(other)))


def _log(source: Stream) -> str:
    """Return what ffmpeg logs."""
    graph = ffmpeg.output(source["v:0"], "-", format="null", v="debug")
    try:
        return run_ffmpeg(ffmpeg.get_args(graph), seconds=60).log
    except CannotFix as error:
        return str(error)


def _with_alias(video: bytes, target: str) -> bytes:
    """Replace the reference to this file by an alias of another."""
    path = b"disk" + os.fsencode(target).replace(b"/", b":")
    record = struct.pack(">I4sI10xB27s12xB63s16xHH16x", 0, b"alis", 0, 4, b"disk", 1, b"f", 0, 0)
    record += struct.pack(">HH", 2, len(path)) + path + b"\0" * (len(path) % 2)
    record += struct.pack(">HH", 0xFFFF, 0)
    alias = struct.pack(">I", len(record)) + record[4:]
    at = video.index(b"dref") - 4
    (size,) = struct.unpack_from(">I", video, at)
    dref = struct.pack(">I4sII", 16 + len(alias), b"dref", 0, 1) + alias
    grown = bytearray(video[:at] + dref + video[at + size :])
    for kind in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):  # its parents
        holder = bytes(grown).rindex(kind, 0, at) - 4
        (old,) = struct.unpack_from(">I", grown, holder)
        struct.pack_into(">I", grown, holder, old + len(dref) - size)
    return bytes(grown)


def test_a_pattern_is_an_ordinary_name(tmp_path: Path) -> None:
    path = remake(make(tmp_path / "a.mp4", "testsrc=s=64x64:d=0.2"), tmp_path / "b %03d.mp4")

    _read(Path(path), _VIDEO)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(CannotFix, match=r"a\\nb is of a format that cannot be converted"):
        input_stream("a\nb", Facts(path="a\nb"))
