"""Ogg: sound most often, pictures now and then, and as long as its time stamps span."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wanprep.probe.formats.films.streams import read_streams
from wanprep.probe.formats.sounds.id3 import end_of_id3
from wanprep.probe.formats.sounds.ogg_streams import links
from wanprep.probe.formats.sounds.sound import unplayable
from wanprep.probe.mediainfo import AudioStream, Streams, VideoStream, as_found

if TYPE_CHECKING:
    from wanprep.probe.facts import Found
    from wanprep.probe.formats.sounds.ogg_streams import Link
    from wanprep.probe.source import Source


def read_ogg(source: Source) -> Found:
    """Describe the first link's streams, and add up the lengths of all links.

    A file that was cut off plays up to its last whole page.
    """
    first, sound, pictures, missing = None, 0.0, 0.0, 0
    for link in links(source, end_of_id3(source)):
        first = first or link
        sound += link.seconds(AudioStream)
        pictures += link.seconds(VideoStream)
        missing = link.missing
    if not first or not first.streams or first.foreign:
        return read_streams(source) | {"format": "ogg"}
    found = as_found(_streams(first, sound, pictures))
    found["format"] = "ogg"
    if not max(sound, pictures):
        return unplayable(found, "nothing in it plays: it ends with its headers")
    if missing:
        found["problem"] = f"cut off: the last {missing:,} bytes of a page are missing"
    return found


def _streams(link: Link, sound: float, pictures: float) -> Streams:
    videos, audios = [], []
    for stream in (stream.track.stream for stream in link.streams.values()):
        if isinstance(stream, VideoStream):
            frames = round(pictures * (stream.fps or 0))
            videos.append(replace(stream, duration=pictures or None, frames=frames, vfr=False))
        else:
            audios.append(replace(stream, duration=sound or None))
    return Streams("Ogg", max(sound, pictures) or None, tuple(videos), tuple(audios))
