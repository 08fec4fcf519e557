"""Encoder settings, from which plans predict results."""

from __future__ import annotations

from typing import Final

# JPEG qualities: above the best, Pillow's manual says, files grow and nothing is gained; below
# the lowest, damage shows, and fewer pixels do less harm.
JPEG_BEST: Final = 95
JPEG_MIN: Final = 70

X264: Final = {"c:v": "libx264", "preset": "medium", "tag:v": "avc1"}
CRF: Final = 18
VIDEO_PIXELS: Final = "yuv420p"
MIN_VIDEO_BIT_RATE: Final = 4_000

# Audio: what all players support.
MAX_CHANNELS: Final = 2
MAX_SAMPLE_RATE: Final = 48_000

AAC_FRAME: Final = 1024  # samples
AAC_SAMPLE_RATES: Final = (32_000, 44_100, 48_000)
AAC_BIT_RATE: Final = 192_000
MIN_AAC_BIT_RATE: Final = 48_000

MP3_FRAME: Final = 1152  # samples
MP3_PADDING: Final = 4 * MP3_FRAME  # what an encoder adds around the audio at most
MP3_SAMPLE_RATES: Final = (32_000, 44_100, 48_000)
MP3_BIT_RATES: Final = (192_000, 160_000, 128_000, 96_000, 64_000, 48_000)

WAV_CODEC: Final = "pcm_s16le"
WAV_SAMPLE_BYTES: Final = 2
WAV_HEADER: Final = 44
LOWER_WAV_SAMPLE_RATES: Final = (32_000, 24_000, 16_000)  # speech is still clear at the lowest
