"""Real files of public test suites, with facts that independent tools established.

They are third-party data and not part of this project. WANPREP_TEST_CORPUS names the folder
with the files and truth.jsonl; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

import pytest

from wanprep import Facts, probe_many

CORPUS: Final = Path(os.environ.get("WANPREP_TEST_CORPUS", "") or "no corpus named")
pytestmark = [
    pytest.mark.untraced,
    pytest.mark.skipif(
        not (CORPUS / "truth.jsonl").is_file(),
        reason="WANPREP_TEST_CORPUS names no folder with truth.jsonl",
    ),
]

# What differs on purpose, and why. Everything else must agree.
EXCEPTIONS: Final[dict[str, tuple[set[str], str]]] = {
    "audio-corrupt/mdext__ArrayIndexOutOfBoundsException.Mp3Reader.extract.mp3": (
        {"kind", "format", "audio_codec", "sample_rate", "channels"},
        "15 bytes in which one tool sees the beginning of an AAC stream at 0 Hz: no media to us",
    ),
    "audio-mp3/media3__100kB-garbage-prefix.mp3": (
        {"sample_rate"},
        "every MP3 frame in it says 44100 Hz; 8000 is what a tool guesses from the garbage",
    ),
    "audio-other/mp4parse__sine-3s-xhe-aac-44khz-mono.mp4": (
        {"kind"},
        "an MP4 that holds only an audio track is audio, whether the codec is a common one or not",
    ),
    "derived/mp4parser__count-video_zeroed.mp4": (
        {"frames"},
        "the index lists 245 images; that 5 of them are zeroed shows only when all are decoded",
    ),
    "image-other/pheif__truncated.heic": (
        {"width", "height"},
        "its image is cropped to 16x16 (clap), which tools that cannot decode it do not apply",
    ),
    "image-other/vips__truncated.gif": (
        {"alpha"},
        "its only control block has no transparent colour",
    ),
    "video-corrupt/mp4parse__test_case_1185230.mp4": (
        {"frames", "vfr"},
        "3 of its images lie in the file, none can be decoded; their pace is that of the index",
    ),
    "video-other/media3__sample_with_htc_rotation_track_name.mkv": (
        {"fps"},
        "30 images in a second; 1000 is the resolution of Matroska's time stamps",
    ),
}


# The one answer that is counted as right although the words differ: the truth knows this to be a
# image, with size and alpha, but has no name for SVG. Counted as wrong it would be one more.
NO_WORD_FOR: Final = {("renamed/vips__logo_svg.png", "format"): "svg"}


@pytest.fixture(scope="module")
def truth() -> dict[str, dict[str, Any]]:
    lines = (CORPUS / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    return {row["path"]: row for row in map(json.loads, lines)}


@pytest.fixture(scope="module")
def probed(truth: dict[str, dict[str, Any]]) -> dict[str, Facts]:
    facts = probe_many([str(CORPUS / path) for path in truth], cache=False)
    return dict(zip(truth, facts, strict=True))


def agrees(name: str, ours: object, theirs: object, fps: float) -> bool:
    if name == "kind" and theirs == "unknown":
        return ours == "other"
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        if name == "duration":
            return abs(ours - theirs) <= max(0.06, 1 / fps if fps else 0)
        if name == "fps":
            return abs(ours - theirs) <= 0.01 * theirs
    return ours == theirs


def test_at_least_99_percent_of_all_facts_are_right(
    truth: dict[str, dict[str, Any]], probed: dict[str, Facts]
) -> None:
    total, unnamed, wrong = 0, 0, []
    for path, row in truth.items():
        facts = probed[path].as_json()
        for name, theirs in row["facts"].items():
            total += 1
            ours = facts.get(name)
            if ours is not None and NO_WORD_FOR.get((path, name)) == ours:
                unnamed += 1
            elif not agrees(name, ours, theirs, row["facts"].get("fps", 0)):
                wrong.append((path, name, ours, theirs))
    unexplained = [each for each in wrong if each[1] not in EXCEPTIONS.get(each[0], ((), ""))[0]]
    agree = total - len(wrong) - unnamed
    print(f"{agree} of {total} facts agree, {len(wrong)} differ, {unnamed} have no word there")

    assert not unexplained
    assert len(wrong) <= total * 0.01


def test_what_cannot_be_decoded_at_all_is_never_fine(
    truth: dict[str, dict[str, Any]], probed: dict[str, Facts]
) -> None:
    fine = [
        path
        for path, row in truth.items()
        if row["decodes"] == "no" and probed[path].readable and path not in NEEDS_DECODING
    ]
    assert not fine


def test_what_decodes_is_not_called_unreadable(
    truth: dict[str, dict[str, Any]], probed: dict[str, Facts]
) -> None:
    cried = {
        path: probed[path].problem
        for path, row in truth.items()
        if row["decodes"] == "yes"
        and "undecodable" not in row["not_scored"]
        and not probed[path].readable
    }
    assert not cried


# Damage that stands in no header: a deep look finds it.
NEEDS_DECODING: Final = {
    "audio-other/mp4parse__sine-3s-xhe-aac-44khz-mono.mp4",  # xHE-AAC, which few decoders know
    "image-corrupt/mdext__786b67badc535fc95a4a76c29a0e0146.jpg",  # a table in its middle
}
# Not even then: whether it decodes depends on the decoder.
DECODES_FOR_US: Final = {
    "audio-other/mp4parse__sine-3s-xhe-aac-44khz-mono.mp4": "ffmpeg reads xHE-AAC since 7.1",
}


def test_a_deep_look_finds_what_no_header_shows(truth: dict[str, dict[str, Any]]) -> None:
    facts = probe_many([str(CORPUS / path) for path in truth], deep=True, cache=False)
    missed, cried = [], []
    for (path, row), fact in zip(truth.items(), facts, strict=True):
        if "undecodable" in row["not_scored"] or path in DECODES_FOR_US:
            continue
        if "undecodable" in row["breaks_wan27"] and fact.readable:
            missed.append(path)
        if row["decodes"] == "yes" and not fact.readable:
            cried.append((path, fact.problem))
    assert not missed
    assert not cried
