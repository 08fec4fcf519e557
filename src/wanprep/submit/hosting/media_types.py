"""What a format is called on the web, and at the end of a file's name."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = ("application/octet-stream", "bin")

MEDIA_TYPES: Final = {
    "aac": ("audio/aac", "aac"),
    "avi": ("video/x-msvideo", "avi"),
    "avif": ("image/avif", "avif"),
    "bmp": ("image/bmp", "bmp"),
    "flac": ("audio/flac", "flac"),
    "gif": ("image/gif", "gif"),
    "heic": ("image/heic", "heic"),
    "jpeg": ("image/jpeg", "jpg"),
    "m4a": ("audio/mp4", "m4a"),
    "mkv": ("video/x-matroska", "mkv"),
    "mov": ("video/quicktime", "mov"),
    "mp3": ("audio/mpeg", "mp3"),
    "mp4": ("video/mp4", "mp4"),
    "ogg": ("audio/ogg", "ogg"),
    "png": ("image/png", "png"),
    "tiff": ("image/tiff", "tif"),
    "wav": ("audio/wav", "wav"),
    "webm": ("video/webm", "webm"),
    "webp": ("image/webp", "webp"),
}
