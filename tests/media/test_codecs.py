from __future__ import annotations

from typing import Final

import pytest

from wanprep.media import codecs
from wanprep.media.codecs import audio_codec, is_lossless, video_codec

FIELDS: Final = (
    "Format",
    "CodecID",
    "Format_Version",
    "Format_Profile",
    "BitDepth",
    "Format_Settings_Endianness",
    "Format_Settings_Sign",
)


def track(**fields: str) -> dict[str, str]:
    return dict.fromkeys(FIELDS, "") | fields


@pytest.mark.parametrize(
    ("fields", "codec"),
    [
        pytest.param({"Format": "AVC", "CodecID": "avc1"}, "h264", id="H.264"),
        pytest.param({"Format": "HEVC", "CodecID": "hvc1"}, "hevc", id="H.265"),
        pytest.param({"Format": "AV1"}, "av1", id="AV1"),
        pytest.param({"Format": "VP9", "CodecID": "V_VP9"}, "vp9", id="VP9"),
        pytest.param(
            {"Format": "MPEG-4 Visual", "CodecID": "V_MS/VFW/FOURCC / XVID"}, "mpeg4", id="wrapped"
        ),
        pytest.param(
            {"Format": "MPEG-4 Visual", "CodecID": "DIV3"}, "msmpeg4v3", id="Microsoft's own"
        ),
        pytest.param(
            {"Format": "MPEG Video", "Format_Version": "Version 1"}, "mpeg1video", id="MPEG-1"
        ),
        pytest.param({"Format": "MPEG Video", "CodecID": "mpg1"}, "mpeg1video", id="MPEG-1 by ID"),
        pytest.param({"Format": "MPEG Video"}, "mpeg2video", id="MPEG-2"),
        pytest.param({"Format": "VP6", "CodecID": "4"}, "vp6f", id="VP6 in Flash"),
        pytest.param({"Format": "VP6", "CodecID": "VP60"}, "vp6", id="VP6 elsewhere"),
        pytest.param({"Format": "V_MS/VFW/FOURCC / M8RG"}, "m8rg", id="unknown, wrapped"),
        pytest.param({"Format": "", "CodecID": "Wow!"}, "wow", id="unknown, only an ID"),
        pytest.param({"Format": "\x1b[31m" + "x" * 99}, "31m" + "x" * 29, id="hostile"),
        pytest.param({}, "unknown", id="nothing"),
    ],
)
def test_frames(fields: dict[str, str], codec: str) -> None:
    assert video_codec(track(**fields)) == codec


@pytest.mark.parametrize(
    ("fields", "codec"),
    [
        pytest.param({"Format": "AAC LC", "CodecID": "mp4a-40-2"}, "aac", id="AAC"),
        pytest.param({"Format": "ER AAC"}, "aac", id="AAC for phones"),
        pytest.param({"Format": "MPEG Audio", "Format_Profile": "Layer 3"}, "mp3", id="MP3"),
        pytest.param({"Format": "MPEG Audio", "Format_Profile": "Layer 2"}, "mp2", id="MP2"),
        pytest.param({"Format": "MPEG Audio", "CodecID": "50"}, "mp2", id="MP2 by its number"),
        pytest.param({"Format": "MPEG Audio", "CodecID": "55"}, "mp3", id="MP3 by its number"),
        pytest.param({"Format": "AMR", "Format_Profile": "Wide band"}, "amr_wb", id="AMR wide"),
        pytest.param({"Format": "AMR"}, "amr_nb", id="AMR"),
        pytest.param({"Format": "WMA", "CodecID": "161"}, "wmav2", id="WMA"),
        pytest.param({"Format": "WMA", "CodecID": "A_MS/ACM / 160"}, "wmav1", id="WMA, wrapped"),
        pytest.param({"Format": "WMA", "CodecID": "?"}, "wmav2", id="WMA of some kind"),
        pytest.param({"Format": "ADPCM", "CodecID": "A_MS/ACM / 2"}, "adpcm_ms", id="ADPCM"),
        pytest.param({"Format": "ADPCM", "Format_Profile": "U-Law"}, "pcm_mulaw", id="mu-law"),
        pytest.param({"Format": "ADPCM", "CodecID": "8-bit a-law"}, "pcm_alaw", id="A-law"),
        pytest.param({"Format": "ADPCM"}, "adpcm", id="ADPCM of some kind"),
        pytest.param({"Format": "Opus"}, "opus", id="Opus"),
        pytest.param({"Format": "Wow!"}, "wow", id="unknown"),
    ],
)
def test_audio(fields: dict[str, str], codec: str) -> None:
    assert audio_codec(track(**fields)) == codec


@pytest.mark.parametrize(
    ("fields", "codec"),
    [
        pytest.param({"BitDepth": "16"}, "pcm_s16le", id="plain"),
        pytest.param({"BitDepth": "24 / 24"}, "pcm_s24le", id="said twice"),
        pytest.param({}, "pcm_s16le", id="nothing said"),
        pytest.param(
            {"BitDepth": "16", "Format_Settings_Endianness": "Big"}, "pcm_s16be", id="big-endian"
        ),
        pytest.param(
            {"BitDepth": "16", "CodecID": "A_PCM/INT/BIG"}, "pcm_s16be", id="big-endian by ID"
        ),
        pytest.param({"BitDepth": "32", "Format_Profile": "Float"}, "pcm_f32le", id="float"),
        pytest.param(
            {"BitDepth": "64", "CodecID": "A_PCM/FLOAT/IEEE"}, "pcm_f64le", id="float by ID"
        ),
        pytest.param(
            {"BitDepth": "8", "Format_Settings_Sign": "Unsigned"}, "pcm_u8", id="unsigned"
        ),
        pytest.param({"BitDepth": "8", "CodecID": "1"}, "pcm_u8", id="8 bits in Windows"),
        pytest.param({"BitDepth": "8"}, "pcm_s8", id="8 bits elsewhere"),
        pytest.param({"BitDepth": "16", "CodecID": "alaw"}, "pcm_alaw", id="A-law"),
    ],
)
def test_samples(fields: dict[str, str], codec: str) -> None:
    assert audio_codec(track(Format="PCM", **fields)) == codec


@pytest.mark.parametrize(
    ("codec", "lossless"), [("pcm_s16le", True), ("flac", True), ("aac", False), ("opus", False)]
)
def test_whose_samples_survive(codec: str, lossless: bool) -> None:
    assert is_lossless(codec) is lossless


@pytest.mark.parametrize(
    "table", [codecs._VIDEO, codecs._VIDEO_BY_ID, codecs._AUDIO, codecs._ADPCM, codecs._WMA]
)
def test_tables_are_sorted(table: dict[str, str]) -> None:
    assert list(table) == sorted(table)
