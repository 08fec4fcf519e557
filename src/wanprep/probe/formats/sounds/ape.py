"""Read Monkey's Audio: libmediainfo knows its header, which also says how long the file is."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.films.streams import read_streams

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.source import Source

_HAS_DESCRIPTOR: Final = 3980  # older versions do not tell how large their parts are


def read_ape(source: Source) -> Found:
    """Tell what an APE file is."""
    found = read_streams(source)
    # APE_DESCRIPTOR of Monkey's Audio SDK: the sizes of the parts, the main one in two halves.
    version, *sizes, frames, high, tail = struct.unpack("<H2x7I", source.read_at(4, 32))
    needed = sum(sizes) + frames + (high << 32) + tail
    if version >= _HAS_DESCRIPTOR and needed > source.size:
        problem = f"cut off: {source.size:,} of {needed:,} bytes are there"
        return found | {"readable": False, "problem": problem}
    return found
