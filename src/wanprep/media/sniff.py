"""Detect a file's format from its first bytes, never from its name.

The format is the one a decoder would assume, so the checks are at the beginning, as in
decoders. Files without a signature are searched for MP3 frames (which have none); what is not
media is described, so that a report can name it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import LFS_POINTER

if TYPE_CHECKING:
    from wanprep.media.source import Source

HEAD: Final = 4096
# How much garbage players skip in front of an MP3.
_GARBAGE: Final = 128 * 1024

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\0", "tiff"),
    (b"MM\0*", "tiff"),
    (b"II+\0", "tiff"),
    (b"MM\0+", "tiff"),
    (b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "w64"),
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"FLV\x01", "flv"),
    (b"\0\0\x01\xba", "mpg"),
    (b"\0\0\x01\xb3", "mpg"),
    (b"#!AMR", "amr"),
    (b"MAC ", "ape"),
    (b"wvpk", "wavpack"),
    (b"TTA1", "tta"),
    (b"tBaK", "tak"),
    (b"MP+", "musepack"),
    (b"MPCK", "musepack"),
    (b"DSD \x1c\0\0\0\0\0\0\0", "dsf"),
    (b".snd", "au"),
    (b"caff\0\x01", "caf"),
    (b"\x0b\x77", "ac3"),
    (b"8BPS\0", "psd"),
    (b"DDS ", "dds"),
    (b"\0\0\x01\0", "ico"),
    (b"\0\0\x02\0", "ico"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (b"\xff\x0a", "jxl"),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
)
_RIFF_FORMS: Final = {b"WAVE": "wav", b"AVI ": "avi", b"WEBP": "webp"}
_IFF_FORMS: Final = {b"AIFF": "aiff", b"AIFC": "aiff"}
_DIB_SIZES: Final = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
# QuickTime files older than the file-type box begin with one of these.
_QUICKTIME_ATOMS: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
_EBML: Final = b"\x1a\x45\xdf\xa3"
_TS_PACKET: Final = 188

# A letter, a digit, a space and the width in decimal digits, with comments in between.
_NETPBM: Final = re.compile(rb"P[1-6]\s(\s|#[^\n]*\n)*\d+\s")
_TARGA_HEADER: Final = 18
_TARGA_MAPPED: Final = frozenset({1, 9})
_TARGA_COLORS: Final = frozenset({15, 16, 24, 32})  # bits of a colour in a table
_TARGA_BITS: Final = {
    **dict.fromkeys((1, 9), frozenset({8})),
    **dict.fromkeys((2, 10), _TARGA_COLORS),
    **dict.fromkeys((3, 11), frozenset({8, 16})),
}

_LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True)
class Detected:
    """A format's name, or "unknown" and what the bytes are instead."""

    format: str
    not_media: str = ""


def sniff(source: Source) -> Detected:
    """Name the format that a decoder would assume."""
    head = source.read_at(0, HEAD)
    name = _by_signature(head) or _after_tags(source, head) or _by_audio_frames(source, head)
    name = name or ("tga" if _is_targa(head) else None)
    return Detected(name) if name else Detected("unknown", _describe_other(head))


def _by_signature(head: bytes) -> str | None:
    for magic, name in _SIGNATURES:
        if head.startswith(magic):
            return name
    if head[:4] in {b"RIFF", b"RF64", b"BW64", b"RIFX"}:
        return _RIFF_FORMS.get(head[8:12])
    if head.startswith(b"FORM"):
        return _IFF_FORMS.get(head[8:12])
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _DIB_SIZES:
        return "bmp"
    if head.startswith(_EBML):
        return "webm" if b"\x42\x82\x84webm" in head[:256] else "mkv"
    if head[4:8] == b"ftyp":
        from wanprep.media.video.boxes import brand_format

        return brand_format(head[8 : max(16, int.from_bytes(head[:4], "big"))])
    if head[4:8] in _QUICKTIME_ATOMS:
        return "mov"
    if _is_transport_stream(head):
        return "ts"
    if _NETPBM.match(head):
        return "pnm"
    return "svg" if _is_svg(head) else None


def _is_transport_stream(head: bytes) -> bool:
    # M2TS puts a time stamp of four bytes in front of every packet (ISO/IEC 13818-1 2.4.3.2).
    for start, step in ((0, _TS_PACKET), (4, _TS_PACKET + 4)):
        marks = head[start : start + step * 5 : step]
        if len(marks) == 5 and set(marks) == {0x47}:
            return True
    return False


def _is_targa(head: bytes) -> bool:
    """Recognise a format without a signature by a plausible header (TGA 2.0, section C)."""
    if len(head) < _TARGA_HEADER:
        return False
    kind, bits = head[2], head[16]
    mapped = kind in _TARGA_MAPPED
    return (
        head[1] == mapped
        and bits in _TARGA_BITS.get(kind, ())
        and head[7] in (_TARGA_COLORS if mapped else {0})
        and any(head[12:14])
        and any(head[14:16])
    )


def _is_svg(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return text.startswith((b"<svg", b"<?xml", b"<!DOCTYPE svg", b"<!--")) and b"<svg" in head


def _after_tags(source: Source, head: bytes) -> str | None:
    """Name the format after ID3 tags, which precede MP3 and sometimes other audio."""
    if not head.startswith(b"ID3"):
        return None
    from wanprep.media.audio.frames import end_of_id3
    from wanprep.media.audio.mp3 import looks_like_adts

    start = end_of_id3(source)
    behind = source.read_at(start, HEAD)
    if behind.startswith(b"fLaC"):
        return "flac"
    if behind.startswith((b"RIFF", b"OggS")):
        return _by_signature(behind)
    return "aac" if looks_like_adts(behind) else "mp3"


def _by_audio_frames(source: Source, head: bytes) -> str | None:
    from wanprep.media.audio.mp3 import looks_like_adts, looks_like_mp3

    if looks_like_adts(head):
        return "aac"
    if looks_like_mp3(head) or looks_like_mp3(source.read_at(0, _GARBAGE)):
        return "mp3"
    return None


def _describe_other(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    start = text[:64].lower()
    if text.startswith(_LFS_POINTER):
        return LFS_POINTER
    if b"%PDF-" in head[:1024]:
        return "a PDF document, not media"
    if start.startswith((b"<!doctype html", b"<html", b"<head", b"<script")):
        return "an HTML page, not media"
    if text.startswith(b"PK\x03\x04"):
        return "a ZIP archive, not media"
    if text.startswith((b"{", b"[")) and _is_text(head):
        return "JSON text, not media"
    if _is_text(head):
        return "text, not media"
    if not head.strip(b"\0"):
        return "only zero bytes"
    return "not a media format that wanprep knows"


_NOT_TEXT: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def _is_text(head: bytes) -> bool:
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The end of what was read may cut a character in two.
        if error.start < len(head) - 4:
            return False
    return not _NOT_TEXT.search(head)
