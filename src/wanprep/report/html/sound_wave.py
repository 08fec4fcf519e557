"""The shape of a sound: how loud it is, from its beginning to its end."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from wanprep.fix.inputs import opened
from wanprep.fix.made import CannotMake
from wanprep.fix.runner import PIPE, run_ffmpeg
from wanprep.report.html.sizes import SECONDS

if TYPE_CHECKING:
    from wanprep.probe.facts import Facts

_BARS: Final = 96
_MOST_SAMPLES: Final = 6_000_000  # of all channels, whatever the length
_LONGEST: Final = 3600.0
_LOUDEST: Final = 32768


@dataclass(frozen=True, slots=True)
class Wave:
    """The loudest sample of each part, from 0 to 1."""

    peaks: tuple[float, ...]
    seconds: float

    @property
    def is_silent(self) -> bool:
        """Tell whether there is nothing to hear: nothing above 60 dB below the loudest."""
        return max(self.peaks) < 0.001


def sound_wave(facts: Facts) -> Wave:
    """Decode a sound and measure it."""
    import ffmpeg

    length = min(facts.audio_duration or facts.duration or _LONGEST, _LONGEST)
    channels = facts.channels or 2
    most = int(_MOST_SAMPLES / (length + 1) / channels)
    rate = max(1000, min(facts.sample_rate or 48000, most))
    reader = opened(facts.path, facts, threads=1)
    graph = ffmpeg.output(
        reader["a:0"], PIPE, format="s16le", ac=channels, ar=rate, t=f"{length:.3f}"
    )
    piped = run_ffmpeg(ffmpeg.get_args(graph), seconds=SECONDS).piped
    samples = array("h", piped[: len(piped) // 2 * 2])
    if not samples:
        raise CannotMake("there is no sound in it")
    return Wave(_peaks(samples), len(samples) / channels / rate)


def _peaks(samples: array[int]) -> tuple[float, ...]:
    count = min(_BARS, len(samples))
    edges = [number * len(samples) // count for number in range(count + 1)]
    return tuple(_peak(samples[begin:end]) for begin, end in pairwise(edges))


def _peak(part: array[int]) -> float:
    highest, lowest = max(part), min(part)
    return max(highest, -lowest) / _LOUDEST
