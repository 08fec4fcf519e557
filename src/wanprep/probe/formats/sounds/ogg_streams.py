"""Follow the streams inside Ogg to their ends: next to each other, and one after the other.

A stream's length is what its time stamps span. They need not begin at zero (recordings of
a broadcast), may jump back (files joined) and jump ahead (pages lost).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from wanprep.probe.formats.sounds.ogg_pages import pages
from wanprep.probe.formats.sounds.ogg_tracks import Track, read_track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.probe.formats.sounds.ogg_pages import Page
    from wanprep.probe.source import Source

_FIRST_PACKET: Final = 256  # bytes: more than the longest header of a codec we know
_SETUP_REACH: Final = 512  # bytes: more than the longest list of Vorbis modes
_MOST_STREAMS: Final = 64
_FOREIGN: Final = (b"\x01video", b"BBCD", b"\x80daala")  # OGM, Dirac, Daala: pictures too
_HOLE: Final = 0.05  # seconds: less is how encoders round


@dataclass(slots=True)
class Stream:
    """A logical stream, followed from page to page."""

    track: Track
    sequence: int
    headers_end: int = 0
    begin: int | None = None
    last: int = 0
    earlier: int = 0  # what played before the time stamps jumped back, less what is missing

    def add(self, source: Source, page: Page) -> None:
        """Go on to the next page; its packets are looked at only where time stamps jump."""
        follows = page.sequence == self.sequence + 1
        self.sequence = page.sequence
        if page.granule <= 0:
            if self.begin is None:
                self.headers_end = page.end
            return
        place = self.track.place(page.granule)
        if self.begin is None:
            self.begin = self._begin(source, page, place)
        elif place < self.last:
            self.earlier += self.last - self.begin
            self.begin = self._begin(source, page, place)
        elif not follows:
            missing = self._begin(source, page, place) - self.last
            self.earlier -= missing if missing > _HOLE * self.track.rate else 0
        self.last = place

    def _begin(self, source: Source, page: Page, end: int) -> int:
        """Tell where a page begins in time: it is written only where it ends."""
        packets = page.packets(source.read_at(page.start, page.end - page.start))
        setup = source.read_at(max(0, self.headers_end - _SETUP_REACH), _SETUP_REACH)
        begin = end - self.track.count(packets, setup)
        # Where the first frame is number 0, the page that ends with it looks like a header's.
        return begin if begin > self.track.place(0) else 0

    def seconds(self) -> float:
        """Tell how long the stream plays."""
        if self.begin is None or not self.track.rate:
            return 0.0
        return max(0, self.earlier + self.last - self.begin - self.track.skip) / self.track.rate


@dataclass(slots=True)
class Link:
    """Streams that play together; a chained file is one link after the other."""

    streams: dict[int, Stream] = field(default_factory=dict)
    foreign: bool = False  # it has pictures of which we only know that they are some
    missing: int = 0  # bytes of a last page that is cut off

    def seconds(self, kind: type) -> float:
        """Tell how long the link's sound or pictures play."""
        streams = self.streams.values()
        return max((s.seconds() for s in streams if isinstance(s.track.stream, kind)), default=0.0)


def links(source: Source, offset: int) -> Iterator[Link]:
    """Follow the streams of one link after the other, each to its end."""
    link, is_open = Link(), True
    for page in pages(source, offset):
        if page.end > source.size:  # players drop such a page
            link.missing = page.end - source.size
            break
        if page.begins and not is_open:
            yield link
            link = Link()
        is_open = page.begins
        if stream := link.streams.get(page.serial):
            stream.add(source, page)
        elif page.begins and len(link.streams) < _MOST_STREAMS:
            packet = source.read_at(page.start, min(page.end - page.start, _FIRST_PACKET))
            link.foreign |= packet.startswith(_FOREIGN)
            if track := read_track(packet):
                link.streams[page.serial] = Stream(track, page.sequence)
    yield link
