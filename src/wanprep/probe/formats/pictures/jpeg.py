"""JPEG pictures, those of phones with more pictures or a video behind them (MPO) included.

The markers up to the picture data are walked by hand rather than through Pillow: it refuses
what is legal (12 bits), copies every colour profile into memory, and does not tell where the
picture data begins. That place is needed, for a JPEG whose header is whole may still be cut
off, and no other fault is as frequent. The walk also spares the start-up cost of Pillow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.pictures.jpeg_header import least_data, read_header
from wanprep.probe.formats.pictures.picture import picture
from wanprep.probe.source import blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wanprep.probe.facts import Color, Found
    from wanprep.probe.formats.pictures.jpeg_header import Header
    from wanprep.probe.source import Source

_END: Final = b"\xff\xd9"
_NUMBER_OF_LINES: Final = b"\xff\xdc\x00\x04"
_TAIL: Final = 4096
# As a user sees it: three components are YCbCr in the file and RGB everywhere else, and four
# are CMYK, be they stored as YCCK or not.
_COLORS: Final[Mapping[int, Color]] = {1: "gray", 3: "rgb", 4: "cmyk"}


def read_jpeg(source: Source) -> Found:
    """Read the header, and make sure that the picture data has an end."""
    header = read_header(source)
    frame = header.frame
    if frame is None:
        problem = header.fault or _without_frame(source, header)
        return picture("jpeg", exif=header.exif, problem=problem)
    return picture(
        "jpeg",
        frame.width,
        frame.height or _late_height(source, header),
        exif=header.exif,
        alpha=False,
        bit_depth=frame.bits,
        color=_COLORS.get(len(frame.components)),
        problem=header.fault or _fault(source, header),
    )


def _without_frame(source: Source, header: Header) -> str:
    if header.data_at is None:
        return _cut_in_header(source)
    return "damaged: its header does not tell the size of the picture"


def _cut_in_header(source: Source) -> str:
    return f"cut off: its {source.size:,} bytes end before the picture data begins"


def _fault(source: Source, header: Header) -> str | None:
    frame, start = header.frame, header.data_at
    if start is None or frame is None:
        return _cut_in_header(source)
    if not frame.width:
        return "damaged: its header says that it is 0 pixels wide"
    if not frame.height:
        return "its header leaves the height open, which hardly any program can read"
    end = _end(source, start)
    if end is None:
        return f"cut off: its {source.size:,} bytes end in the middle of the picture"
    least = least_data(header)
    if end - start < least:
        size = f"{frame.width} x {frame.height} pixels"
        return f"cut off: {end - start:,} bytes of picture data, {size} take {least:,} or more"
    return None


def _end(source: Source, start: int) -> int | None:
    """Tell where the picture data ends, None if it never does.

    Nearly always the file ends there too, but for padding. Where it does not, the data is
    searched: a phone's video or second picture may follow, which is nobody's fault.
    """
    if source.read_at(max(start, source.size - _TAIL), _TAIL).rstrip(b"\0").endswith(_END):
        return source.size
    return _find(source, start, _END)


def _find(source: Source, start: int, wanted: bytes) -> int | None:
    before = b""
    for offset, block in blocks(source, start):
        at = (before + block).find(wanted)
        if at >= 0:
            return offset - len(before) + at
        before = block[1 - len(wanted) :]
    return None


def _late_height(source: Source, header: Header) -> int:
    """Find the height where T.81 B.2.5 lets it stand: behind the first scan."""
    at = header.data_at and _find(source, header.data_at, _NUMBER_OF_LINES)
    return int.from_bytes(source.read_at(at + 4, 2), "big") if at else 0
