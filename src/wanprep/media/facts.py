"""The facts of a file, in the field names of the JSON contract, and what its name claims."""

from __future__ import annotations

import os
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, cast

from wanprep.dataclass import dataclass
from wanprep.stores.stores import scheme_of

if TYPE_CHECKING:
    from collections.abc import Mapping


Kind = Literal["image", "video", "audio", "other"]
Color = Literal["rgb", "gray", "cmyk", "palette", "yuv", "lab"]


class PartialFacts(TypedDict, total=False):
    """The facts that one reader established; all others are left out.

    `readable: False` means that the media cannot be used as it is, and `problem` why, in
    one line. A `problem` of a readable file is that its header contradicts its contents.
    """

    kind: Kind
    format: str
    width: int
    height: int
    stored_width: int
    stored_height: int
    aspect: float
    orientation: int
    rotation: int
    sar: float
    alpha: bool
    animated: bool
    frames: int
    bit_depth: int
    color: Color
    hdr: bool
    duration: float
    video_duration: float
    audio_duration: float
    fps: float
    vfr: bool
    video_codec: str
    audio_codec: str
    video_tracks: int
    audio_tracks: int
    sample_rate: int
    channels: int
    gps: bool
    duration_estimated: bool
    readable: bool
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts of one file. A field is None where it does not apply or is unknown."""

    path: str
    kind: Kind = "other"
    format: str = "unknown"  # by content, never by name
    extension_format: str | None = None  # what the name claims
    bytes: int | None = None
    width: int | None = None  # pixels as a viewer shows them, upright
    height: int | None = None
    stored_width: int | None = None  # pixels as stored
    stored_height: int | None = None
    aspect: float | None = None  # width * sar / height
    orientation: int | None = None  # EXIF, 1-8
    rotation: int | None = None  # degrees clockwise a player rotates the video
    sar: float | None = None  # width of one pixel over its height, as displayed
    alpha: bool | None = None
    animated: bool | None = None
    frames: int | None = None
    bit_depth: int | None = None
    color: Color | None = None
    hdr: bool | None = None
    duration: float | None = None  # seconds a player shows or plays
    video_duration: float | None = None
    audio_duration: float | None = None
    fps: float | None = None
    vfr: bool | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    video_tracks: int | None = None
    audio_tracks: int | None = None
    sample_rate: int | None = None
    channels: int | None = None
    gps: bool | None = None
    duration_estimated: bool | None = None  # True: from a header that was not compared
    content_type: str | None = None  # what the server of a URL sends it as
    readable: bool = False
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the facts in the JSON contract's form: what does not apply is absent."""
        values = zip(FIELDS, _values_of(self), strict=True)
        return {name: value for name, value in values if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Facts:
        """Read the form that `as_json` returns."""
        return cls(**data)


FIELDS: Final = tuple(field.name for field in fields(Facts))
_values_of: Final = attrgetter(*FIELDS)


MISSING: Final = "no such file"
LFS_POINTER: Final = "Git LFS pointer: the file itself was not fetched"
NO_LENGTH: Final = "its length is not stated"
# Not checked: neither good nor bad.
NOT_READ: Final = "not read"
# Too large for --deep; the facts from its header stand.
NOT_DECODED: Final = "not decoded"
# URLs: no connection; refused without credentials; not requested because unsafe.
NOT_REACHED: Final = "not reached"
REFUSED: Final = "refused"
UNSAFE: Final = "not requested"
# A file with such a problem was not read: its content is unknown.
UNREAD: Final = (NOT_READ, NOT_REACHED, REFUSED, UNSAFE)


_LONGEST_PROBLEM: Final = 200


def stated_facts(**facts: str | float | None) -> PartialFacts:
    """Leave out the facts that are None."""
    stated = {name: value for name, value in facts.items() if value is not None}
    return cast("PartialFacts", stated)


def unreadable_facts(path: str, problem: str) -> Facts:
    """Return the facts of an unreadable file."""
    return Facts(
        path=path, extension_format=extension_format(path), problem=printable_line(problem)
    )


def printable_line(text: str) -> str:
    """Replace what is not printable by spaces, and shorten to one line of a report."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    line = " ".join(plain.split())
    return line if len(line) <= _LONGEST_PROBLEM else line[: _LONGEST_PROBLEM - 1] + "…"


_OWN_NAME_ONLY: Final = (
    "aac ac3 amr ape avi caf dsf flac gif jxl mp3 psd svg tak tga tta w64 webm webp"
)
_EXTENSIONS: Final = {
    **{name: name for name in _OWN_NAME_ONLY.split()},
    "jpeg": "jpg jpeg jpe jfif mpo",
    "png": "png apng",
    "bmp": "bmp dib",
    "tiff": "tif tiff",
    "heic": "heic heif hif",
    "avif": "avif avifs",
    "ico": "ico cur",
    "jpeg2000": "jp2 j2k jpx jpf j2c",
    "pnm": "pnm pbm pgm ppm",
    "mp4": "mp4 m4v",
    "mov": "mov qt",
    "3gp": "3gp 3g2",
    "mkv": "mkv mka",
    "asf": "wmv wma asf",
    "flv": "flv f4v",
    "ts": "ts m2ts mts",
    "mpg": "mpg mpeg vob",
    "wav": "wav wave",
    "m4a": "m4a m4b",
    "ogg": "ogg oga ogv opus spx",
    "aiff": "aif aiff aifc",
    "au": "au snd",
    "wavpack": "wv",
    "musepack": "mpc mpp",
}
FORMAT_BY_EXTENSION: Final = {
    extension: name for name, extensions in _EXTENSIONS.items() for extension in extensions.split()
}
_KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(
        "jpeg png bmp webp gif tiff heic avif svg ico jpeg2000 jxl psd tga dds pnm".split(), "image"
    ),
    **dict.fromkeys("mp4 mov 3gp webm mkv avi asf flv ts mpg".split(), "video"),
    **dict.fromkeys(
        "wav mp3 m4a flac ogg aac aiff amr au caf ac3 ape wavpack tta tak musepack dsf w64".split(),
        "audio",
    ),
}  # fmt: skip


def is_url(path: str) -> bool:
    """Return whether a path is an http(s) URL."""
    return path[:8].lower().startswith(("http://", "https://"))


def is_remote(path: str) -> bool:
    """Return whether a path is the URL of a file on the web or of an object in a store."""
    return bool(scheme_of(path))


def absolute_path(path: str) -> str:
    """Return what two spellings of a path have in common; a URL stays as it is."""
    return path if is_remote(path) else os.path.abspath(path)


def extension_format(path: str) -> str | None:
    """Return the format that a name claims; None: unknown extension."""
    if is_url(path):
        from urllib.parse import urlsplit

        try:
            path = urlsplit(path).path  # without the query
        except ValueError:
            return None
    return FORMAT_BY_EXTENSION.get(os.path.splitext(path)[1][1:].lower())


def usual_kind(format_name: str) -> Kind:
    """Return the kind of a format, for files too damaged to show their own."""
    return _KINDS.get(format_name, "other")


def audio_facts(format_name: str, codec: str, rate: int, channels: int | None) -> PartialFacts:
    """Return the facts of an audio header; zeros are left out."""
    return stated_facts(
        kind="audio",
        format=format_name,
        audio_codec=codec,
        audio_tracks=1,
        sample_rate=rate or None,
        channels=channels or None,
    )


def playable(facts: PartialFacts, seconds: float, problem: str | None = None) -> PartialFacts:
    """Add the measured length, and how the header contradicts it."""
    facts |= PartialFacts(duration=seconds, audio_duration=seconds, readable=True)
    if problem:
        facts["problem"] = problem
    return facts


def unplayable(facts: PartialFacts, problem: str) -> PartialFacts:
    """Add why the audio cannot be played."""
    return facts | PartialFacts(readable=False, problem=problem)


def length_mismatch(claimed: float, real: float, tolerance: float) -> str | None:
    """Describe a header that is off by more than `tolerance` seconds."""
    if abs(claimed - real) <= tolerance:
        return None
    digits = 1 if abs(claimed - real) >= 0.1 else 3
    return f"its header gives {claimed:,.{digits}f} s, {real:,.{digits}f} s can be played"


def cut_off(size: int, needed: int) -> str:
    """Describe a file that ends before what its index lists."""
    return f"cut off: {size:,} of at least {needed:,} bytes are there"
