"""Hand a file to ffmpeg as what it was found to be, so that ffmpeg guesses nothing.

A playlist under the name of a clip would make ffmpeg open what the playlist names; a file that
is read by one demuxer alone cannot be a playlist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wanprep.fix.ffmpeg import file_name
from wanprep.fix.plan.plan import CannotFix
from wanprep.text import visible

if TYPE_CHECKING:
    from wanprep.media.facts import Facts

Stream = Any  # a node of ffmpeg-python's, which has no types

# The demuxers for each format; where there are several, ffmpeg chooses among these.
_DEMUXERS: Final = {
    "3gp": "mov",
    "aac": "aac",
    "ac3": "ac3,eac3",
    "aiff": "aiff",
    "amr": "amr,amrnb,amrwb",
    "ape": "ape",
    "asf": "asf",
    "au": "au",
    "avi": "avi",
    "caf": "caf",
    "dsf": "dsf",
    "flac": "flac",
    "flv": "flv",
    "m4a": "mov",
    "mkv": "matroska",
    "mov": "mov",
    "mp3": "mp3",
    "mp4": "mov",
    "mpg": "mpeg,mpegvideo",
    "musepack": "mpc,mpc8",
    "ogg": "ogg",
    "tak": "tak",
    "ts": "mpegts",
    "tta": "tta",
    "wav": "wav",
    "wavpack": "wv",
    "webm": "matroska",
}


def opened(source: str, facts: Facts, **options: object) -> Stream:
    """Return the file as an input of a graph."""
    import ffmpeg

    demuxers = _DEMUXERS.get(facts.format)
    if demuxers is None:
        raise CannotFix(
            f"{visible(source)} is of a kind that cannot be converted here ({facts.format}):"
            " export it as MP4, or as WAV if it is a sound, with the program that made it"
        )
    if "," not in demuxers:
        options["format"] = demuxers
    return ffmpeg.input(file_name(source), format_whitelist=demuxers, **options)
