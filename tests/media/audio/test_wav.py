from __future__ import annotations

import struct
from hashlib import shake_128

import pytest
from encoded_audio import decoded_seconds, encode, survives

from wanprep.media.audio.wav import read_wav
from wanprep.media.source import Bytes

JUNK = shake_128(b"junk").digest(30_000)
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    return (
        name + struct.pack("<I", len(body) if size is None else size) + body + bytes(len(body) & 1)
    )


def form(
    tag: int = 1, channels: int = 1, bits: int = 16, *, rate: int = 8000, block: int | None = None
) -> bytes:
    block = channels * -(-bits // 8) if block is None else block
    return struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)


def extensible(tag: int, *, bits: int, valid: int, tail: bytes = GUID_TAIL) -> bytes:
    return form(0xFFFE, 1, bits) + struct.pack("<HHIH", 22, valid, 4, tag) + tail


def riff(*chunks: bytes, magic: bytes = b"RIFF") -> bytes:
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body)) + body


def wav(fmt: bytes, data: bytes, *between: bytes, size: int | None = None) -> bytes:
    return riff(chunk(b"fmt ", fmt), *between, chunk(b"data", data, size))


PCM = form()
SECOND = JUNK[:16_000]
IMA = form(0x11, bits=4, block=256)


@pytest.mark.parametrize(
    ("codec", "bits"),
    [
        ("pcm_u8", 8),
        ("pcm_s16le", 16),
        ("pcm_s24le", 24),
        ("pcm_s32le", 32),
        ("pcm_f32le", 32),
        ("pcm_f64le", 64),
        ("pcm_alaw", None),
        ("pcm_mulaw", None),
        ("adpcm_ima_wav", None),
        ("adpcm_ms", None),
        ("adpcm_yamaha", None),
    ],
)
@pytest.mark.parametrize(("rate", "channels"), [(8000, 1), (44100, 2)], ids=["mono", "stereo"])
def test_it_is_as_long_as_what_decodes(
    codec: str, bits: int | None, rate: int, channels: int
) -> None:
    data = encode("-c:a", codec, suffix=".wav", rate=rate, channels=channels)

    found = read_wav(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, rate, ".wav"), abs=0.001)
    assert found.get("bit_depth") == bits
    assert found == {
        "kind": "audio",
        "format": "wav",
        "audio_codec": codec,
        "audio_tracks": 1,
        "sample_rate": rate,
        "channels": channels,
        "duration": found["duration"],
        "audio_duration": found["duration"],
        "readable": True,
    } | ({"bit_depth": bits} if bits else {})


@pytest.mark.parametrize(
    ("codec", "name"), [("libmp3lame", "mp3"), ("mp2", "mp2")], ids=["mp3", "mp2"]
)
@pytest.mark.parametrize("size", [None, 0xFFFFFFFF], ids=["size known", "streamed"])
def test_mpeg_audio_inside(codec: str, name: str, size: int | None) -> None:
    data = encode("-c:a", codec, suffix=".wav", channels=2)
    at = data.index(b"data") + 4
    data = data[:at] + (struct.pack("<I", size) if size else data[at : at + 4]) + data[at + 4 :]

    found = read_wav(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, 44100, ".wav"), abs=0.03)
    assert (found["format"], found["audio_codec"]) == ("wav", name)
    assert (found["sample_rate"], found["channels"]) == (44100, 2)


def test_mpeg_audio_inside_that_is_none() -> None:
    found = read_wav(Bytes(wav(form(0x55), JUNK)))

    assert (found["format"], found["readable"]) == ("wav", False)


@pytest.mark.parametrize("codec", ["pcm_s16le", "adpcm_ms"])
def test_64_bit_sizes(codec: str) -> None:
    data = encode("-c:a", codec, "-rf64", "always", suffix=".wav", rate=8000)
    assert data.startswith(b"RF64")

    found = read_wav(Bytes(data))

    assert found["duration"] == pytest.approx(decoded_seconds(data, 8000, ".wav"), abs=0.001)
    assert "problem" not in found


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(wav(PCM, SECOND), id="plain"),
        pytest.param(wav(PCM, SECOND, chunk(b"LIST", b"INFO")), id="LIST in front of the data"),
        pytest.param(riff(chunk(b"LIST", b"odd"), wav(PCM, SECOND)[12:]), id="odd chunk first"),
        pytest.param(riff(chunk(b"data", SECOND), chunk(b"fmt ", PCM)), id="data first"),
        pytest.param(wav(PCM, SECOND) + JUNK[:999], id="junk behind"),
        pytest.param(riff(wav(PCM, SECOND)[12:], chunk(b"LIST", JUNK)), id="chunk behind"),
        pytest.param(wav(PCM, SECOND, size=0xFFFFFFFF), id="streamed by ffmpeg"),
        pytest.param(wav(PCM, SECOND, size=0x7FFFF000), id="streamed by sox"),
        pytest.param(wav(PCM, SECOND, size=0), id="recording broken off"),
        pytest.param(wav(PCM, SECOND, size=16_004), id="a few bytes missing"),
        pytest.param(b"ID3\4\0\0\0\0\1\0" + JUNK[:128] + wav(PCM, SECOND), id="tag in front"),
        pytest.param(wav(form(block=0), SECOND), id="no block size"),
        pytest.param(wav(form(block=1), SECOND), id="wrong block size"),
        pytest.param(wav(form(bits=12), SECOND), id="12 bits in 16"),
        pytest.param(wav(extensible(1, bits=16, valid=16), SECOND), id="extensible"),
        pytest.param(wav(extensible(1, bits=16, valid=0), SECOND), id="extensible, bits unsaid"),
        pytest.param(
            riff(
                chunk(b"ds64", struct.pack("<QQQI", 0, 16_000, 0, 0)),
                wav(PCM, SECOND + JUNK, size=0xFFFFFFFF)[12:],
                magic=b"BW64",
            ),
            id="64-bit size of a part",
        ),
        pytest.param(
            riff(
                chunk(b"ds64", b"\xff" * 28), wav(PCM, SECOND, size=0xFFFFFFFF)[12:], magic=b"RF64"
            ),
            id="64-bit size unknown",
        ),
    ],
)
def test_a_second_is_a_second(data: bytes) -> None:
    found = read_wav(Bytes(data))

    assert found["duration"] == pytest.approx(1.0)
    assert found["audio_codec"] == "pcm_s16le"
    assert found["readable"] is True
    assert "problem" not in found


@pytest.mark.parametrize(
    ("fmt", "size", "codec", "seconds"),
    [
        pytest.param(form(bits=20), 24_000, "pcm_s24le", 1.0, id="20 bits in 24"),
        pytest.param(form(bits=24, block=4), 32_000, "pcm_s24le", 1.0, id="24 bits in 32"),
        pytest.param(form(bits=64), 64_000, "pcm_s64le", 1.0, id="64 bits"),
        pytest.param(
            extensible(1, bits=32, valid=24), 32_000, "pcm_s24le", 1.0, id="extensible, 24 in 32"
        ),
        pytest.param(extensible(3, bits=32, valid=32), 32_000, "pcm_f32le", 1.0, id="float"),
        pytest.param(
            extensible(1, bits=16, valid=16, tail=JUNK[:14]), 16_000, "unknown", 1.0, id="odd GUID"
        ),
        pytest.param(form(bits=8)[:14], 8000, "pcm_u8", 1.0, id="the oldest header"),
        pytest.param(form(0x31, bits=0, block=65), 650, "gsm_ms", 0.4, id="GSM"),
        pytest.param(IMA, 256, "adpcm_ima_wav", 505 / 8000, id="IMA block"),
        pytest.param(IMA, 300, "adpcm_ima_wav", 586 / 8000, id="IMA part"),
        pytest.param(IMA, 258, "adpcm_ima_wav", 505 / 8000, id="IMA bit"),
        pytest.param(form(0x161, bits=0, block=10), 8000, "wmav2", 0.1, id="by byte rate"),
        pytest.param(form(0x1234, bits=0, block=10), 8000, "unknown", 0.1, id="unknown tag"),
    ],
)
def test_codecs_by_their_headers(fmt: bytes, size: int, codec: str, seconds: float) -> None:
    found = read_wav(Bytes(wav(fmt, bytes(size))))

    assert found["audio_codec"] == codec
    assert found["duration"] == pytest.approx(seconds)


def test_the_fact_chunk_counts_samples_where_bytes_do_not() -> None:
    fmt, fact = form(0x161, bits=0, block=10), chunk(b"fact", struct.pack("<I", 4000))

    whole = read_wav(Bytes(wav(fmt, bytes(8000), fact)))
    cut = read_wav(Bytes(wav(fmt, bytes(8000), fact)[:-4000]))

    assert whole["duration"] == pytest.approx(0.5)
    assert cut["duration"] == pytest.approx(0.05)


def test_big_endian() -> None:
    fmt = struct.pack(">HHIIHH", 1, 1, 8000, 16_000, 2, 16)
    chunks = b"fmt " + struct.pack(">I", 16) + fmt + b"data" + struct.pack(">I", 16_000) + SECOND

    found = read_wav(Bytes(b"RIFX\0\0\0\0WAVE" + chunks))

    assert found["audio_codec"] == "pcm_s16be"
    assert found["duration"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(
            wav(PCM, SECOND, size=160_000),
            "its header gives 10.0 s, 1.0 s can be played",
            id="more",
        ),
        pytest.param(
            wav(PCM, SECOND)[: 44 + 8000],
            "its header gives 1.0 s, 0.5 s can be played",
            id="cut off",
        ),
        pytest.param(
            wav(PCM, SECOND)[: 44 + 15_200],
            "its header gives 1.000 s, 0.950 s can be played",
            id="cut off at the end",
        ),
        pytest.param(
            riff(
                chunk(b"ds64", struct.pack("<QQQI", 0, 48_000, 0, 0)),
                wav(PCM, SECOND, size=0xFFFFFFFF)[12:],
                magic=b"RF64",
            ),
            "its header gives 3.0 s, 1.0 s can be played",
            id="64-bit size",
        ),
    ],
)
def test_a_size_that_lies_is_reported_of(data: bytes, problem: str) -> None:
    found = read_wav(Bytes(data))

    assert found["readable"] is True
    assert found["problem"] == problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"RIFF\0\0\0\0WAVE", "its format chunk is missing", id="header only"),
        pytest.param(wav(PCM, b"")[:30], "its format chunk is missing", id="cut in the format"),
        pytest.param(wav(PCM[:10], SECOND), "its format chunk is missing", id="short format"),
        pytest.param(riff(chunk(b"fmt ", PCM)), "its data chunk is missing", id="no data"),
        pytest.param(
            riff(chunk(b"fmt ", PCM), chunk(b"junk", b"", size=0xFFFFFFF0)),
            "its data chunk is missing",
            id="a chunk larger than the file",
        ),
        pytest.param(
            riff(chunk(b"fmt ", PCM), chunk(b"ABCD", b"") * 20_000, chunk(b"data", SECOND)),
            "its data chunk is missing",
            id="endless chunks",
        ),
        pytest.param(wav(PCM, b""), "it has no audio", id="empty"),
        pytest.param(
            riff(wav(PCM, b"")[12:], chunk(b"LIST", SECOND)),
            "it has no audio",
            id="empty, and LIST",
        ),
        pytest.param(
            wav(PCM, b"", size=80_000),
            "its header gives 5.0 s, 0.0 s can be played",
            id="all missing",
        ),
        pytest.param(wav(form(channels=0), SECOND), "its header gives 0 channels", id="channels"),
        pytest.param(
            wav(form(rate=0), SECOND), "its header gives a sample rate of 0", id="sample rate"
        ),
        pytest.param(
            wav(form(bits=40), SECOND),
            "its header gives 40 bits per sample, which players do not support",
            id="40 bits",
        ),
        pytest.param(
            wav(form(3, bits=16), SECOND),
            "its header gives 16 bits per sample, which players do not support",
            id="half a float",
        ),
        pytest.param(
            wav(form(0x11, bits=4, block=0), SECOND),
            "its header gives an audio block of 0 bytes",
            id="ADPCM without blocks",
        ),
    ],
)
def test_what_no_player_plays(data: bytes, problem: str) -> None:
    found = read_wav(Bytes(data))

    assert found["readable"] is False
    assert found["problem"] == problem
    assert "duration" not in found


@pytest.mark.parametrize("codec", ["pcm_s16le", "adpcm_ms", "libmp3lame"])
def test_damage_of_all_kinds(codec: str) -> None:
    survives(read_wav, encode("-c:a", codec, suffix=".wav", rate=8000))
