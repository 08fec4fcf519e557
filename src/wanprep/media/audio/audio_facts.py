"""Facts that every reader of audio files gives, put together in one way."""

from __future__ import annotations

from wanprep.media.facts import Found


def audio_facts(found_format: str, codec: str, rate: int, channels: int | None) -> Found:
    """Return the facts of an audio header; zeros are left out."""
    found = Found(kind="audio", format=found_format, audio_codec=codec, audio_tracks=1)
    if rate:
        found["sample_rate"] = rate
    if channels:
        found["channels"] = channels
    return found


def playable(found: Found, seconds: float, problem: str | None = None) -> Found:
    """Add how long the audio plays, and what its header claims instead if that differs."""
    found |= Found(duration=seconds, audio_duration=seconds, readable=True)
    if problem:
        found["problem"] = problem
    return found


def unplayable(found: Found, problem: str) -> Found:
    """Add why no player can play the audio."""
    return found | Found(readable=False, problem=problem)


def disagreement(claimed: float, real: float, slack: float) -> str | None:
    """Say so when a header claims another length than what is there, in seconds."""
    if abs(claimed - real) <= slack:
        return None
    digits = 1 if abs(claimed - real) >= 0.1 else 3
    return f"its header says {claimed:,.{digits}f} s, {real:,.{digits}f} s really play"
