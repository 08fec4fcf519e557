"""The items of a HEIF file: its images, their parts, properties and locations.

A HEIF file is a small database in a `meta` box (ISO/IEC 14496-12 8.11, 23008-12 9.3): items
with a type, locations in the file, properties, and references from one to another.
"""

from __future__ import annotations

from dataclasses import field
from itertools import islice
from typing import TYPE_CHECKING, Final

from wanprep.dataclass import dataclass
from wanprep.media.source import Bytes
from wanprep.media.video.boxes import Box, boxes, children, meta_boxes, payload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from wanprep.media.source import Source

_LARGEST: Final = 16 * 1024 * 1024
_MAX_ITEMS: Final = 65_536
# Construction methods (14496-12 8.11.3.3), and one more for data in another file.
IN_FILE, IN_META, IN_ITEM, IN_OTHER_FILE = range(4)


@dataclass(frozen=True, slots=True)
class Location:
    """The extents of an item's data in the file, the database or another item."""

    holder: int
    extents: tuple[tuple[int, int], ...]  # offset and length; length 0: to the end


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an item."""

    kind: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Items:
    """The database of a HEIF file."""

    primary: int | None
    kinds: Mapping[int, bytes]
    locations: Mapping[int, Location] = field(default_factory=dict)
    properties: Mapping[int, tuple[Property, ...]] = field(default_factory=dict)
    references: tuple[tuple[bytes, int, tuple[int, ...]], ...] = ()
    idat: bytes = b""

    def property(self, item: int, kind: bytes) -> bytes | None:
        """Return the contents of an item's property."""
        found = (prop.data for prop in self.properties.get(item, ()) if prop.kind == kind)
        return next(found, None)

    def values(self, items: Iterable[int], kind: bytes) -> tuple[bytes, ...]:
        """Return the contents of a property for each item that has it."""
        found = (self.property(item, kind) for item in items)
        return tuple(data for data in found if data is not None)

    def parts_of(self, item: int) -> tuple[int, ...]:
        """Return an item and those that it consists of, such as the tiles of a grid."""
        found = {item: None}  # in order, each once
        references = {source: to for kind, source, to in self.references if kind == b"dimg"}
        pending = [item]
        while pending:
            parts = [part for part in references.get(pending.pop(), ()) if part not in found]
            found |= dict.fromkeys(parts)
            pending += parts
        return tuple(found)

    def end_of_data(self, item: int) -> int:
        """Return the end of the last extent, 0 if there is none."""
        location = self.locations.get(item)
        if location is None:
            return 0
        return max((start + max(length, 1) for start, length in location.extents), default=0)

    def data(self, source: Source, item: int, limit: int) -> bytes:
        """Return the beginning of an item's data."""
        location = self.locations.get(item)
        if location is None or location.holder not in {IN_FILE, IN_META}:
            return b""
        holder = source if location.holder == IN_FILE else Bytes(self.idat)
        pieces = []
        for offset, length in location.extents:
            piece = holder.read_at(offset, min(length or limit, limit))
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)


class _Numbers:
    """Read integers from a payload, one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def take(self, size: int) -> int:
        self._at += size
        if self._at > len(self._data):
            raise ValueError("a table of the HEIF index is cut off")
        return int.from_bytes(self._data[self._at - size : self._at], "big")


def read_items(source: Source, meta: Box) -> Items:
    """Read the database."""
    data = payload(source, meta, _LARGEST)
    index = Bytes(data)
    inside = meta_boxes(index, Box(meta.kind, 0, 0, len(data)))
    return Items(
        primary=_primary(payload(index, inside.get(b"pitm"))),
        kinds=dict(_kinds(index, inside.get(b"iinf"))),
        locations=dict(_locations(payload(index, inside.get(b"iloc")))),
        properties=_properties(index, inside.get(b"iprp")),
        references=tuple(_references(index, inside.get(b"iref"))),
        idat=payload(index, inside.get(b"idat")),
    )


def _primary(pitm: bytes) -> int | None:
    return int.from_bytes(pitm[4 : 8 if pitm[0] else 6], "big") if pitm else None


def _kinds(source: Source, iinf: Box | None) -> Iterator[tuple[int, bytes]]:
    if iinf is None:
        return
    version = source.read_at(iinf.start, 1)[0]
    entries = boxes(source, iinf.start + (8 if version else 6), iinf.end)
    for box in islice(entries, _MAX_ITEMS):
        infe = payload(source, box)
        if box.kind == b"infe" and infe and infe[0] >= 2:
            id_size = 4 if infe[0] > 2 else 2
            yield int.from_bytes(infe[4 : 4 + id_size], "big"), infe[6 + id_size : 10 + id_size]


def _locations(iloc: bytes) -> Iterator[tuple[int, Location]]:
    if not iloc:
        return
    version, numbers = iloc[0], _Numbers(iloc[4:])
    sizes, more = numbers.take(1), numbers.take(1)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    for _ in range(min(numbers.take(4 if version > 1 else 2), _MAX_ITEMS)):
        item = numbers.take(4 if version > 1 else 2)
        method = numbers.take(2) & 15 if version else IN_FILE
        holder = IN_OTHER_FILE if numbers.take(2) else method
        base = numbers.take(base_size)
        extents = []
        count = numbers.take(2)
        if not index_size + offset_size + length_size:  # all of them would be the same
            count = min(count, 1)
        for _ in range(count):
            numbers.take(index_size)
            offset, length = numbers.take(offset_size), numbers.take(length_size)
            extents.append((base + offset, length))
        yield item, Location(holder, tuple(extents))


def _properties(source: Source, iprp: Box | None) -> dict[int, tuple[Property, ...]]:
    if iprp is None:
        return {}
    ipco = children(source, iprp).get(b"ipco")
    if ipco is None:
        return {}
    listed = [
        Property(box.kind, payload(source, box)) for box in boxes(source, ipco.start, ipco.end)
    ]
    found: dict[int, tuple[Property, ...]] = {}
    for box in boxes(source, iprp.start, iprp.end):
        if box.kind == b"ipma":
            for item, numbers in _associations(payload(source, box)):
                own = (listed[number - 1] for number in numbers if 0 < number <= len(listed))
                found.setdefault(item, tuple(own))
    return found


def _associations(ipma: bytes) -> Iterator[tuple[int, list[int]]]:
    """Yield the numbers of each item's properties; the highest bit marks essential ones."""
    number_size = 2 if ipma[3] & 1 else 1
    numbers = _Numbers(ipma[4:])
    for _ in range(min(numbers.take(4), _MAX_ITEMS)):
        item = numbers.take(4 if ipma[0] else 2)
        count = numbers.take(1)
        yield (
            item,
            [
                numbers.take(number_size) & (0x7FFF if number_size == 2 else 0x7F)
                for _ in range(count)
            ],
        )


def _references(source: Source, iref: Box | None) -> Iterator[tuple[bytes, int, tuple[int, ...]]]:
    if iref is None:
        return
    id_size = 4 if source.read_at(iref.start, 1)[0] else 2
    for box in islice(boxes(source, iref.start + 4, iref.end), _MAX_ITEMS):
        numbers = _Numbers(payload(source, box))
        item, count = numbers.take(id_size), numbers.take(2)
        yield box.kind, item, tuple(numbers.take(id_size) for _ in range(count))
