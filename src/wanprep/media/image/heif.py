"""Read HEIC and AVIF images (ISO/IEC 23008-12, AV1 Image File Format).

They are rotated by a property of the image (irot, imir), which decoders apply. EXIF often repeats
the rotation, where viewers must ignore it: so `orientation` is always 1 here. `stored_width` and
`stored_height` are those of the coded image, `width` and `height` those after cropping (clap)
and rotating.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.facts import cut_off
from wanprep.media.image.exif import NO_EXIF, Exif, image_facts, read_exif
from wanprep.media.image.heif_items import IN_FILE, IN_META, read_items
from wanprep.media.video.boxes import boxes, brand_format, payload
from wanprep.media.video.samples import is_hdr_colour
from wanprep.media.video.timeline import read_timeline

if TYPE_CHECKING:
    from wanprep.media.facts import Color, PartialFacts
    from wanprep.media.image.heif_items import Items
    from wanprep.media.source import Source
    from wanprep.media.video.boxes import Box

_ALPHA: Final = frozenset(
    {
        b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
        b"urn:mpeg:hevc:2015:auxid:1",
        b"urn:mpeg:avc:2015:auxid:1",
    }
)

_Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ImageProperties:
    """The properties of an image, its parts and its alpha channel."""

    stored: _Size  # as coded
    display: _Size  # after cropping and rotating
    bit_depth: int | None
    color: Color
    hdr: bool
    alpha: bool
    parts: tuple[int, ...]
    codecs: frozenset[bytes]


def image_properties(items: Items, main: int) -> ImageProperties:
    """Collect the properties of an image and its parts."""
    parts = items.parts_of(main)
    alpha = _alpha_of(items, parts)
    stored, display = _sizes(items, main)
    return ImageProperties(
        stored=stored,
        display=display,
        bit_depth=_bit_depth(items, parts),
        color=_color(items, parts),
        hdr=any(map(is_hdr_colour, items.values(parts, b"colr"))),
        alpha=alpha is not None,
        parts=parts if alpha is None else (*parts, *items.parts_of(alpha)),
        codecs=frozenset(items.kinds.get(item, b"") for item in parts),
    )


def _sizes(items: Items, item: int) -> tuple[_Size, _Size]:
    """Crop and rotate in the order of an item's properties (23008-12 6.5.1).

    The size should be the first of them, but cameras also write it later.
    """
    ispe = items.property(item, b"ispe") or b""
    stored = display = struct.unpack_from(">II", ispe, 4) if len(ispe) >= 12 else (0, 0)
    for prop in items.properties.get(item, ()):
        match prop.kind:
            case b"clap" if len(prop.data) >= 32:
                display = _cropped(display, struct.unpack_from(">8I", prop.data))
            case b"irot" if prop.data[:1] and prop.data[0] & 1:  # a quarter or three
                display = display[::-1]
    return stored, display


def _cropped(size: _Size, clap: tuple[int, ...]) -> _Size:
    across, across_unit, down, down_unit = clap[:4]
    if not across_unit or not down_unit:
        return size
    width, height = across // across_unit, down // down_unit
    return (width, height) if 0 < width <= size[0] and 0 < height <= size[1] else size


def _alpha_of(items: Items, parts: tuple[int, ...]) -> int | None:
    """Return the item with the alpha channel of the primary image, or of its first tile."""
    for kind, item, targets in items.references:
        if kind == b"auxl" and not set(targets).isdisjoint(parts):
            what = items.property(item, b"auxC") or b""
            if what[4:].split(b"\0")[0] in _ALPHA:
                return item
    return None


def _bit_depth(items: Items, parts: tuple[int, ...]) -> int | None:
    """Return the bits per channel, as stated or from the decoder configuration."""
    for pixi in items.values(parts, b"pixi"):
        if pixi[5:]:
            return max(pixi[5:])
    for av1c in items.values(parts, b"av1C"):
        return (12 if av1c[2] & 0x20 else 10) if av1c[2] & 0x40 else 8
    for hvcc in items.values(parts, b"hvcC"):
        return 8 + (hvcc[17] & 7)
    return None


def _color(items: Items, parts: tuple[int, ...]) -> Color:
    gray = [bool(av1c[2] & 0x10) for av1c in items.values(parts, b"av1C")]
    gray += [not hvcc[16] & 3 for hvcc in items.values(parts, b"hvcC")]
    return "gray" if gray and all(gray) else "rgb"


# Major brands of image sequences.
_SEQUENCES: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
# Types of coded items, and the decoder configuration that they need.
_CONFIGURATION: Final = {b"av01": b"av1C", b"hvc1": b"hvcC"}
_LONGEST_EXIF: Final = 1024 * 1024


def read_heif(source: Source) -> PartialFacts:
    """Read the image, or the sequence, that viewers show."""
    top: dict[bytes, Box] = {}
    for box in boxes(source):
        top.setdefault(box.kind, box)
    ftyp = payload(source, top.get(b"ftyp"))
    name = brand_format(ftyp)
    meta, moov = top.get(b"meta"), top.get(b"moov")
    for index in (meta, moov):
        if index is not None and index.missing:
            return image_facts(name, problem=cut_off(source.size, index.end + index.missing))
    try:
        if moov is not None and (meta is None or ftyp[:4] in _SEQUENCES):
            return _sequence_facts(source, name, moov, meta)
        if meta is not None:
            return _image_facts(source, name, read_items(source, meta))
    except (ArithmeticError, LookupError, ValueError, struct.error):
        return image_facts(name, problem="damaged: the tables of its index are invalid")
    return image_facts(name, problem="cut off or unfinished: its index (meta) is missing")


def _sequence_facts(source: Source, name: str, moov: Box, meta: Box | None) -> PartialFacts:
    """Read an image sequence; viewers show a still image in it first."""
    timeline = read_timeline(source, moov)
    tracks = timeline.of("pict", "vide")
    if not tracks or not tracks[0].entries:
        return image_facts(name, problem="damaged: there is no image in it")
    track, entry = tracks[0], tracks[0].entries[0]
    items = read_items(source, meta) if meta is not None else None
    if items is not None and items.primary in items.locations:
        facts = _image_facts(source, name, items)
    else:
        size = (entry.width, entry.height)
        display = size if track.rotation % 180 == 0 else size[::-1]
        alpha = any(track.handler == "auxv" for track in timeline.tracks)
        facts = image_facts(name, *display, alpha=alpha, color="rgb")
        facts |= {"hdr": entry.hdr, "stored_width": size[0], "stored_height": size[1]}
    if track.end_of_data > source.size:
        facts |= {"readable": False, "problem": cut_off(source.size, track.end_of_data)}
    return facts | {"frames": track.frames, "animated": track.frames > 1}


def _image_facts(source: Source, name: str, items: Items) -> PartialFacts:
    main = items.primary
    if main is None or main not in items.kinds:
        return image_facts(name, problem="damaged: it has no primary image")
    image = image_properties(items, main)
    if b"av01" in image.codecs:
        name = "avif"
    elif b"hvc1" in image.codecs:
        name = "heic"
    facts = image_facts(
        name,
        *image.display,
        exif=_exif(source, items),
        alpha=image.alpha,
        bit_depth=image.bit_depth,
        color=image.color,
        problem=_index_problem(items, image) or _missing_data(source, items, image),
    )
    facts["hdr"] = image.hdr
    if all(image.display):
        facts |= {"stored_width": image.stored[0], "stored_height": image.stored[1]}
    return facts


def _exif(source: Source, items: Items) -> Exif:
    for item, kind in items.kinds.items():
        if kind == b"Exif":
            data = items.data(source, item, _LONGEST_EXIF)
            # The offset of the EXIF comes first (23008-12 A.2.1).
            return Exif(1, read_exif(data[4 + int.from_bytes(data[:4], "big") :]).gps)
    return NO_EXIF


def _index_problem(items: Items, image: ImageProperties) -> str | None:
    if not all(image.display):
        return "damaged: the size of its image is missing"
    for item in image.parts:
        kind = items.kinds.get(item, b"")
        if kind in _CONFIGURATION and items.property(item, _CONFIGURATION[kind]) is None:
            return "damaged: the decoder configuration of its image is missing"
        if kind != b"iden" and not items.end_of_data(item):
            return "damaged: the location of its image is missing"
    return None


def _missing_data(source: Source, items: Items, image: ImageProperties) -> str | None:
    """Report data past the end: decoders refuse such a file."""
    locations = items.locations.items()
    in_index = [
        item for item, location in locations if location.holder == IN_META and item in image.parts
    ]
    if any(items.end_of_data(item) > len(items.idat) for item in in_index):
        return "damaged: the location of its image is outside of its index"
    in_file = (item for item, location in locations if location.holder == IN_FILE)
    needed = max(map(items.end_of_data, in_file), default=0)
    return cut_off(source.size, needed) if needed > source.size else None
