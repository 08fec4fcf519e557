"""HEIC and AVIF pictures (ISO/IEC 23008-12, AV1 Image File Format).

Phones store these upright by a property of the picture (irot, imir), and decoders apply it.
EXIF often repeats the turn, and the standard has viewers ignore it there: applied twice, the
picture would lie on its side again. So `orientation` is always 1 here, `stored_width` and
`stored_height` are the coded picture's, `width` and `height` what is left of it after
cropping (clap) and turning.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.boxes import boxes, brand_format, payload
from wanprep.probe.formats.films.timing import read_timeline
from wanprep.probe.formats.pictures.exif import NO_EXIF, Exif, read_exif
from wanprep.probe.formats.pictures.heif_items import IN_FILE, IN_META, read_items
from wanprep.probe.formats.pictures.heif_picture import Look, look_at
from wanprep.probe.formats.pictures.picture import picture

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.formats.films.boxes import Box
    from wanprep.probe.formats.pictures.heif_items import Items
    from wanprep.probe.source import Source

# Major brands of a file that is first of all a sequence of pictures.
_SEQUENCES: Final = frozenset({b"avis", b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"})
# Coded items and the property without which no decoder can be set up.
_SETUP: Final = {b"av01": b"av1C", b"hvc1": b"hvcC"}
_LONGEST_EXIF: Final = 1024 * 1024


def read_heif(source: Source) -> Found:
    """Tell what a HEIC or AVIF file shows when it is opened."""
    top: dict[bytes, Box] = {}
    for box in boxes(source):
        top.setdefault(box.kind, box)
    ftyp = payload(source, top.get(b"ftyp"))
    name = brand_format(ftyp)
    meta, moov = top.get(b"meta"), top.get(b"moov")
    for index in (meta, moov):
        if index is not None and index.missing:
            return picture(name, problem=_cut_off(source, index.end + index.missing))
    try:
        if moov is not None and (meta is None or ftyp[:4] in _SEQUENCES):
            return _sequence(source, name, moov, meta)
        if meta is not None:
            return _still(source, name, read_items(source, meta))
    except (ArithmeticError, LookupError, ValueError, struct.error):
        return picture(name, problem="damaged: the tables of its index make no sense")
    return picture(name, problem="cut off or unfinished: its index (meta) is missing")


def _sequence(source: Source, name: str, moov: Box, meta: Box | None) -> Found:
    """Read a film in a picture's clothes; a still picture in it is what one sees first."""
    timeline = read_timeline(source, moov)
    tracks = timeline.of("pict", "vide")
    if not tracks or not tracks[0].entries:
        return picture(name, problem="damaged: there is no picture in it")
    track, entry = tracks[0], tracks[0].entries[0]
    items = read_items(source, meta) if meta is not None else None
    if items is not None and items.primary in items.places:
        found = _still(source, name, items)
    else:
        size = (entry.width, entry.height)
        shown = size if track.rotation % 180 == 0 else size[::-1]
        alpha = any(track.handler == "auxv" for track in timeline.tracks)
        found = picture(name, *shown, alpha=alpha, color="rgb")
        found |= {"hdr": entry.hdr, "stored_width": size[0], "stored_height": size[1]}
    if track.reach > source.size:
        found |= {"readable": False, "problem": _cut_off(source, track.reach)}
    return found | {"frames": track.frames, "animated": track.frames > 1}


def _still(source: Source, name: str, items: Items) -> Found:
    main = items.primary
    if main is None or main not in items.kinds:
        return picture(name, problem="damaged: it names no picture as its main one")
    look = look_at(items, main)
    if b"av01" in look.codecs:
        name = "avif"
    elif b"hvc1" in look.codecs:
        name = "heic"
    found = picture(
        name,
        *look.shown,
        exif=_exif(source, items),
        alpha=look.alpha,
        bit_depth=look.bit_depth,
        color=look.color,
        problem=_fault(items, look) or _missing(source, items, look),
    )
    found["hdr"] = look.hdr
    if all(look.shown):
        found |= {"stored_width": look.stored[0], "stored_height": look.stored[1]}
    return found


def _cut_off(source: Source, needed: int) -> str:
    return f"cut off: {source.size:,} of at least {needed:,} bytes are there"


def _exif(source: Source, items: Items) -> Exif:
    for item, kind in items.kinds.items():
        if kind == b"Exif":
            data = items.data(source, item, _LONGEST_EXIF)
            # Where the EXIF begins is written in front of it (23008-12 A.2.1).
            return Exif(1, read_exif(data[4 + int.from_bytes(data[:4], "big") :]).gps)
    return NO_EXIF


def _fault(items: Items, look: Look) -> str | None:
    if not all(look.shown):
        return "damaged: it does not say how large its picture is"
    for item in look.parts:
        kind = items.kinds.get(item, b"")
        if kind in _SETUP and items.property(item, _SETUP[kind]) is None:
            return "damaged: it does not say how its picture is to be decoded"
        if kind != b"iden" and not items.reach(item):
            return "damaged: it does not say where its picture lies"
    return None


def _missing(source: Source, items: Items, look: Look) -> str | None:
    """Tell of data that lie past the end: decoders refuse such a file, whosever data it is."""
    places = items.places.items()
    in_index = [item for item, place in places if place.holder == IN_META and item in look.parts]
    if any(items.reach(item) > len(items.idat) for item in in_index):
        return "damaged: its picture lies where its index has nothing"
    in_file = (item for item, place in places if place.holder == IN_FILE)
    reach = max(map(items.reach, in_file), default=0)
    return _cut_off(source, reach) if reach > source.size else None
