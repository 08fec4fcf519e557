from __future__ import annotations

import struct
import time
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from containers import BOTH, IMAGES, SOUND, make, remade, seconds, survives

from wanprep.media.source import Bytes
from wanprep.media.video import matroska_elements
from wanprep.media.video.matroska import read_matroska

if TYPE_CHECKING:
    from collections.abc import Callable

    from wanprep.media.facts import PartialFacts

REALTIME = "-c:v libvpx -deadline realtime -cpu-used 8"
WEBM = f"{BOTH} {REALTIME} -c:a libopus -strict -2"
MKV = f"{BOTH} -c:v libx264 -pix_fmt yuv420p -c:a aac"


def element(number: int, *bodies: bytes, size: int | None = None) -> bytes:
    body = b"".join(bodies)
    length = (len(body) if size is None else size) | 1 << 56
    return number.to_bytes((number.bit_length() + 7) // 8, "big") + length.to_bytes(8, "big") + body


def unsized(number: int, *bodies: bytes) -> bytes:
    return number.to_bytes(4, "big") + b"\x01" + b"\xff" * 7 + b"".join(bodies)


def whole(number: int, value: int) -> bytes:
    return element(number, value.to_bytes(8, "big"))


def real(number: int, value: float) -> bytes:
    return element(number, struct.pack(">d", value))


def track(*more: bytes, number: int = 1, kind: int = 1, codec: bytes = b"V_VP8") -> bytes:
    return element(0xAE, whole(0xD7, number), whole(0x83, kind), element(0x86, codec), *more)


def frame(*more: bytes) -> bytes:
    return element(0xE0, whole(0xB0, 320), whole(0xBA, 240), *more)


def block(stamp: int, *, number: bytes = b"\x81", flags: int = 0, data: bytes = b"\x10") -> bytes:
    return element(0xA3, number, struct.pack(">hB", stamp, flags), data)


def audio(stamp: int, *, flags: int = 0, data: bytes = b"") -> bytes:
    return block(stamp, number=b"\x82", flags=flags, data=data)


HEAD = element(0x1A45DFA3, element(0x4282, b"matroska"))
IMAGE = track(frame())
SPEECH = track(element(0xE1, real(0xB5, 8000)), number=2, kind=2, codec=b"A_PCM/INT/LIT")
STEADY = [block(40 * n) for n in range(25)]


def video(
    *blocks: bytes, tracks: bytes = IMAGE, claimed: float = 0, tick: int = 1_000_000
) -> bytes:
    info = element(0x1549A966, whole(0x2AD7B1, tick), real(0x4489, claimed))
    cluster = element(0x1F43B675, whole(0xE7, 0), *blocks)
    return HEAD + element(0x18538067, info, element(0x1654AE6B, tracks), cluster)


def read(data: bytes) -> PartialFacts:
    return read_matroska(Bytes(data))


@pytest.mark.parametrize(
    ("arguments", "target", "expected"),
    [
        pytest.param(
            WEBM,
            ".webm",
            {"format": "webm", "video_codec": "vp8", "audio_codec": "opus", "color": "yuv"},
            id="webm",
        ),
        pytest.param(
            MKV,
            ".mkv",
            {"format": "mkv", "video_codec": "h264", "audio_codec": "aac", "sample_rate": 44100},
            id="mkv",
        ),
        pytest.param(
            f"{BOTH} {REALTIME.replace('libvpx', 'libvpx-vp9')} -pix_fmt yuva420p -c:a libvorbis",
            ".webm",
            {"format": "webm", "video_codec": "vp9", "audio_codec": "vorbis", "alpha": True},
            id="alpha",
        ),
        pytest.param(
            f"{WEBM} -live 1",
            "webm",
            {"format": "webm", "video_codec": "vp8"},
            id="live, without any length",
        ),
        pytest.param(MKV, "matroska", {"format": "mkv"}, id="piped, without any length"),
    ],
)
def test_a_video(arguments: str, target: str, expected: PartialFacts) -> None:
    found = read(make(arguments, target))

    assert expected.items() <= found.items()
    assert found["readable"] is True
    assert "problem" not in found
    assert found["kind"] == "video"
    assert (found["width"], found["height"], found["frames"]) == (160, 120, 25)
    assert found["vfr"] is False
    assert found["fps"] == pytest.approx(25)
    assert found["video_duration"] == seconds(1)
    assert found["audio_duration"] == seconds(1.2)
    assert found["duration"] == seconds(1.2)


def test_audio_alone() -> None:
    found = read(make(f"{SOUND} -c:a libopus", ".webm"))

    assert (found["kind"], found["format"], found["channels"]) == ("audio", "webm", 1)
    assert found["duration"] == seconds(1.2)
    assert "frames" not in found


def test_cover_art_is_no_video(tmp_path_factory: pytest.TempPathFactory) -> None:
    cover = tmp_path_factory.mktemp("cover") / "cover.jpg"
    cover.write_bytes(make("-f lavfi -i testsrc=s=64x64 -frames:v 1", ".jpg"))
    attach = f"-attach {cover} -metadata:s:t mimetype=image/jpeg"

    assert read(make(f"{SOUND} -c:a flac {attach}", ".mka"))["kind"] == "audio"
    assert read(make(f"{MKV} {attach}", ".mkv"))["video_tracks"] == 1


@pytest.mark.parametrize(
    ("turned", "rotation", "size"),
    [(90, 270, (120, 160)), (-90, 90, (120, 160)), (180, 180, (160, 120))],
)
def test_a_video_recorded_sideways(turned: int, rotation: int, size: tuple[int, int]) -> None:
    found = read(remade(make(MKV, ".mkv"), f"-display_rotation {turned}", "-c copy", ".mkv"))

    assert (found["rotation"], (found["width"], found["height"])) == (rotation, size)
    assert (found["stored_width"], found["stored_height"]) == (160, 120)


def test_the_roll_of_a_sphere_is_no_rotation() -> None:
    sphere = element(0x7670, whole(0x7671, 1), real(0x7675, 90))

    assert read(video(*STEADY, tracks=track(frame(sphere))))["rotation"] == 0


def test_pixels_that_are_not_square() -> None:
    found = read(video(*STEADY, tracks=track(frame(whole(0x54B0, 426), whole(0x54BA, 240)))))

    assert found["sar"] == pytest.approx(4 / 3, rel=0.01)
    assert (found["width"], found["height"]) == (320, 240)


@pytest.mark.parametrize(
    ("stamps", "tick", "fps", "varies", "duration"),
    [
        pytest.param(range(0, 1000, 40), 1_000_000, 25, False, 1.0, id="steady"),
        pytest.param(
            [round(n * 1001 / 30) for n in range(30)], 1_000_000, 29.97, False, 1.001, id="rounded"
        ),
        pytest.param([n * 1000 // 240 for n in range(240)], 1_000_000, 240, False, 1, id="fast"),
        pytest.param(list(accumulate([33, 20, 60] * 10)), 1_000_000, 26.4, True, 1.135, id="jumpy"),
        pytest.param([0, 40, 80, 500], 1_000_000, 6, True, 0.667, id="one frame held"),
        pytest.param([80, 0, 40, 160, 120], 1_000_000, 25, False, 0.2, id="in coding order"),
        pytest.param(range(5000, 6000, 40), 1_000_000, 25, False, 1.0, id="begins late"),
        pytest.param(range(0, 10_000, 400), 100_000, 25, False, 1.0, id="finer ticks"),
    ],
)
def test_times_of_frames(
    stamps: list[int], tick: int, fps: float, varies: bool, duration: float
) -> None:
    found = read(video(*map(block, stamps), tick=tick))

    assert (found["frames"], found["vfr"]) == (len(stamps), varies)
    assert found["fps"] == pytest.approx(fps, rel=0.01)
    assert found["duration"] == found["video_duration"] == pytest.approx(duration, abs=0.002)


STEP = whole(0x23E383, 40_000_000)


@pytest.mark.parametrize(
    ("data", "duration"),
    [
        pytest.param(video(block(0), tracks=track(STEP, frame())), 0.04, id="by the usual step"),
        pytest.param(
            video(block(0), block(300), tracks=track(STEP, frame())),
            0.6,
            id="a step that no frame keeps",
        ),
        pytest.param(
            video(block(0), block(40), block(1000), claimed=2500), 2.5, id="held until the end"
        ),
        pytest.param(
            video(block(0), element(0xA0, element(0xA1, b"\x81\0\x28\0\x10"), whole(0x9B, 300))),
            0.34,
            id="by its own word",
        ),
    ],
)
def test_how_long_the_last_frame_lasts(data: bytes, duration: float) -> None:
    assert read(data)["video_duration"] == pytest.approx(duration)


def test_a_single_frame_without_any_word_has_no_length() -> None:
    found = read(video(block(0)))

    assert found["readable"] is True
    assert "duration" not in found


def test_a_step_that_agrees_with_the_frames_is_the_exact_rate() -> None:
    ntsc = track(whole(0x23E383, 33_366_667), frame())

    assert read(video(block(0), block(33), block(67), tracks=ntsc))["fps"] == pytest.approx(29.97)


@pytest.mark.parametrize("hidden", [{"flags": 0x08}, {"data": b"\0"}])
def test_frames_that_are_never_shown_do_not_count(hidden: dict[str, Any]) -> None:
    assert read(video(*STEADY, block(960, **hidden)))["frames"] == 25


def test_laces_hold_several_frames() -> None:
    blocks = [audio(20 * n, flags=0x06, data=b"\x01" + bytes(64)) for n in range(50)]
    step = whole(0x23E383, 10_000_000)
    tracks = track(step, element(0xE1, real(0xB5, 8000)), number=2, kind=2, codec=b"A_AC3")

    assert read(video(*blocks, tracks=tracks))["duration"] == pytest.approx(1)


def test_track_numbers_above_127() -> None:
    blocks = [block(40 * n, number=b"\x40\xc8") for n in range(25)]

    assert read(video(*blocks, tracks=track(frame(), number=200)))["frames"] == 25


def test_subtitles_are_claimed_as_time_but_are_no_video() -> None:
    words = track(number=3, kind=17, codec=b"S_TEXT/UTF8")
    line = element(0xA0, element(0xA1, b"\x83\0\0\0hello"), whole(0x9B, 3000))

    found = read(video(*STEADY, line, tracks=IMAGE + words, claimed=3000))

    assert found["video_duration"] == pytest.approx(1)
    assert found["duration"] == pytest.approx(3)
    assert "problem" not in found


@pytest.mark.parametrize(
    ("stamps", "claimed", "problem"),
    [
        pytest.param(range(0, 1000, 40), 1000, None, id="honest"),
        pytest.param(range(0, 1000, 40), 1090, None, id="near enough"),
        pytest.param(
            range(0, 1000, 40), 5000, "its header gives 5.0 s, 1.0 s can be played", id="too much"
        ),
        pytest.param(
            range(0, 1000, 40), 500, "its header gives 0.5 s, 1.0 s can be played", id="too little"
        ),
        pytest.param(range(4000, 5000, 40), 1000, None, id="from the first frame on"),
        pytest.param(range(4000, 5000, 40), 5000, None, id="from zero on"),
    ],
)
def test_what_the_header_claims(stamps: list[int], claimed: float, problem: str | None) -> None:
    found = read(video(*map(block, stamps), claimed=claimed))

    assert found["readable"] is True
    assert found["duration"] == pytest.approx(1)
    assert found.get("problem") == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"", "neither a video nor an audio track", id="empty"),
        pytest.param(HEAD, "neither a video nor an audio track", id="a header alone"),
        pytest.param(video(), "no frames, only a header", id="no frames"),
        pytest.param(
            video(*map(audio, range(0, 1000, 20)), tracks=IMAGE + SPEECH),
            "its video track has no frames",
            id="audio but no frame",
        ),
        pytest.param(
            video(*STEADY, tracks=track(element(0x6D80, element(0x6240, whole(0x5033, 1))))),
            "encrypted",
            id="encrypted",
        ),
        pytest.param(video(*STEADY)[:-40], "cut off: ", id="cut off between frames"),
        pytest.param(video(*STEADY)[:-70], "cut off: ", id="cut off within a frame"),
    ],
)
def test_what_cannot_be_used(data: bytes, problem: str) -> None:
    found = read(data)

    assert found["readable"] is False
    assert problem in found["problem"]


def test_a_file_cut_off_gives_how_much_is_there() -> None:
    data = make(WEBM, ".webm")

    problem = read(data[:9_000])["problem"]

    assert problem == f"cut off: 9,000 of {len(data):,} bytes are there"


def test_compressed_headers_are_not_encrypted() -> None:
    shortened = element(0x6D80, element(0x6240, whole(0x5033, 0)))

    assert read(video(*STEADY, tracks=track(frame(), shortened)))["readable"] is True


def test_an_empty_track_beside_a_full_one_does_not_matter() -> None:
    other = track(frame(), number=3)

    found = read(video(*(block(40 * n, number=b"\x83") for n in range(25)), tracks=IMAGE + other))

    assert (found["readable"], found["frames"]) == (True, 25)


def test_a_live_recording_cut_off_plays_up_to_there() -> None:
    found = read(make(f"{WEBM} -live 1", "webm")[:-100])

    assert found["readable"] is True
    assert "cut off in its last frame" in found["problem"]


def test_a_missing_index_at_the_end_is_no_loss() -> None:
    cues = element(0x1C53BB6B, bytes(500))
    data = video(*STEADY, claimed=1000)
    segment = data[len(HEAD) + 12 :]
    data = HEAD + element(0x18538067, segment, cues)[:-300]

    assert read(data)["readable"] is True
    assert "problem" not in read(data)


def test_what_stands_between_clusters_is_jumped_over() -> None:
    void, again = element(0xEC, bytes(5000)), element(0x1F43B675, whole(0xE7, 1000), *STEADY)
    damaged = element(0x1F43B675, whole(0xE7, 2000), b"\0" * 30)
    data = video(*STEADY)[len(HEAD) + 12 :]
    data = HEAD + unsized(0x18538067, data, void, again, damaged, element(0x114D9B74), again, HEAD)

    assert read(data)["frames"] == 75


def test_clusters_of_unknown_size() -> None:
    tracks = element(0x1654AE6B, IMAGE)
    clusters = [unsized(0x1F43B675, whole(0xE7, 1000 * n), *STEADY) for n in range(3)]

    found = read(HEAD + unsized(0x18538067, tracks, *clusters))

    assert found["frames"] == 75
    assert found["duration"] == pytest.approx(3)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"\xa3\xff" + bytes(40), id="a block of unknown size"),
        pytest.param(b"\xa3\x00" + bytes(40), id="a block without a size"),
        pytest.param(b"\x1c\x53\xbb\x6b\xff" + bytes(40), id="an index of unknown size"),
        pytest.param(b"\0" * 40, id="zeros"),
    ],
)
def test_it_stops_where_it_is_lost(bad: bytes) -> None:
    data = video(*STEADY)[len(HEAD) + 12 :]

    assert read(HEAD + unsized(0x18538067, data, bad))["frames"] == 25


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"\xa3\x50\x00" + bytes(40), id="a block larger than its cluster"),
        pytest.param(b"\xec\x5f\xff" + bytes(40), id="nothing larger than its cluster"),
        pytest.param(b"\0" * 40, id="zeros"),
    ],
)
@pytest.mark.parametrize("put", [element, unsized], ids=["sized", "of unknown size"])
def test_it_goes_on_with_the_next_cluster(put: Callable[..., bytes], bad: bytes) -> None:
    data = video(*STEADY)[len(HEAD) + 12 :]
    clusters = [put(0x1F43B675, whole(0xE7, 1000 * n), *STEADY, bad) for n in (1, 2)]

    found = read(HEAD + element(0x18538067, data, *clusters))

    assert found["frames"] == (75 if put is element or bad[0] == 0 else 50)


def test_too_much_to_look_at_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matroska_elements, "_MAX_ELEMENTS", 20)

    found = read(video(*STEADY, claimed=1000))

    assert (found["readable"], found["duration"]) == (True, 1)
    assert "frames" not in found


@pytest.mark.untraced
def test_a_hostile_file_takes_neither_time_nor_memory() -> None:
    tiny = b"\xa3\x84\x81\0\0\0" * 100_000 + b"\xec\x80" * 100_000
    started = time.monotonic()

    read(video(tiny))
    read(HEAD + unsized(0x18538067, element(0x1654AE6B, IMAGE), bytes(10_000_000)))
    read(HEAD + element(0x18538067, element(0x1654AE6B, IMAGE), size=1 << 40))

    assert time.monotonic() - started < 20


@pytest.mark.parametrize(("arguments", "target"), [(WEBM, ".webm"), (MKV, "matroska")])
def test_damage(arguments: str, target: str) -> None:
    survives(read_matroska, make(arguments, target))


def test_frames_alone() -> None:
    found = read(make(f"{IMAGES} -c:v mjpeg", ".mkv"))

    assert (found["video_codec"], found["duration"]) == ("mjpeg", seconds(1))
    assert "audio_codec" not in found


LACES = [audio(100 * n, flags=0x04, data=b"\x04") for n in range(10)]  # of five frames each


@pytest.mark.parametrize(
    ("blocks", "claimed", "expected"),
    [
        pytest.param(LACES, 0, 1, id="laces"),
        pytest.param([*LACES, audio(1000)], 0, 1.02, id="laces, and a frame alone"),
        pytest.param(LACES, 930, 0.93, id="a claim that the last frames can keep"),
        pytest.param(LACES, 800, 1, id="a claim that the frames deny"),
    ],
)
def test_audio_in_laces(blocks: list[bytes], claimed: float, expected: float) -> None:
    found = read(video(*blocks, tracks=SPEECH, claimed=claimed))

    assert found["audio_duration"] == pytest.approx(expected)


def test_a_single_frame_lasts_as_long_as_the_header_gives() -> None:
    found = read(video(block(0), claimed=33))

    assert found["duration"] == pytest.approx(0.033)
    assert found["frames"] == 1


def test_a_single_frame_of_a_file_cut_off_does_not() -> None:
    data = video(block(0), block(40, data=bytes(900)), claimed=10_000)

    assert "duration" not in read(data[:-800])


def test_opus_plays_at_its_own_rate() -> None:
    head = b"OpusHead\x01\x01\x00\x00" + struct.pack("<I", 24_000) + bytes(3)
    opus = track(
        element(0xE1, real(0xB5, 24_000)), element(0x63A2, head), number=2, kind=2, codec=b"A_OPUS"
    )

    found = read(video(audio(0), audio(20), tracks=opus))

    assert (found["audio_codec"], found["sample_rate"]) == ("opus", 48_000)
