"""The names of codecs: ffmpeg's, from libmediainfo's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# Where the two names differ by more than spelling.
_VIDEO: Final = {
    "asus 1": "asv1",
    "asus 2": "asv2",
    "avc": "h264",
    "avizlib": "zlib",
    "cineform": "cfhd",
    "dv": "dvvideo",
    "h.261": "h261",
    "h.263": "h263",
    "indeo 2": "indeo2",
    "indeo 3": "indeo3",
    "indeo 4": "indeo4",
    "indeo 5": "indeo5",
    "jpeg": "mjpeg",
    "jpeg 2000": "jpeg2000",
    "m-gif": "gif",
    "microsoft video 1": "msvideo1",
    "mpeg-4 visual": "mpeg4",
    "realvideo 1": "rv10",
    "realvideo 2": "rv20",
    "realvideo 3": "rv30",
    "realvideo 4": "rv40",
    "rgb": "rawvideo",
    "rgba": "rawvideo",
    "rle": "msrle",
    "s-mpeg 4 v1": "msmpeg4v1",
    "s-mpeg 4 v2": "msmpeg4v2",
    "s-mpeg 4 v3": "msmpeg4v3",
    "screen video": "flashsv",
    "screen video 2": "flashsv2",
    "sorenson 3": "svq3",
    "sorenson spark": "flv1",
    "vc-1": "vc1",
    "vc-3": "dnxhd",
    "yuv": "rawvideo",
}
# The identifier in the file is more precise than the family that libmediainfo names.
_VIDEO_BY_ID: Final = {
    "8bps": "8bps",
    "av01": "av1",
    "avrp": "avrp",
    "cram": "msvideo1",
    "div1": "msmpeg4v1",
    "div2": "msmpeg4v2",
    "div3": "msmpeg4v3",
    "div4": "msmpeg4v3",
    "drac": "dirac",
    "ffvh": "ffvhuff",
    "fsv1": "flashsv",
    "hap1": "hap",
    "hap5": "hap",
    "hapy": "hap",
    "hfyu": "huffyuv",
    "ljpg": "mjpeg",
    "m1v ": "mpeg1video",
    "mjls": "jpegls",
    "mp41": "msmpeg4v1",
    "mp42": "msmpeg4v2",
    "mp43": "msmpeg4v3",
    "mpg1": "mpeg1video",
    "mpg4": "msmpeg4v1",
    "mrle": "msrle",
    "msvc": "msvideo1",
    "r210": "r210",
    "rle ": "qtrle",
    "rpza": "rpza",
    "smc ": "smc",
    "svq1": "svq1",
    "svq3": "svq3",
    "theo": "theora",
    "ulra": "utvideo",
    "ulrg": "utvideo",
    "uly0": "utvideo",
    "uly2": "utvideo",
    "v210": "v210",
    "v_mjpeg": "mjpeg",
    "v_mpeg4/ms/v3": "msmpeg4v3",
    "vp80": "vp8",
    "vp90": "vp9",
    "wmv1": "wmv1",
    "wmv2": "wmv2",
    "wmv3": "wmv3",
    "xvid": "mpeg4",
    "zmbv": "zmbv",
}
# Variants of VP6, which only Flash numbers (Adobe's FLV specification, E.4.3.1).
_FLASH_VP6: Final = {"4": "vp6f", "5": "vp6a"}
_AUDIO: Final = {
    "28f": "adpcm_g722",
    "ac-3": "ac3",
    "ac-4": "ac4",
    "dsd": "dsd_msbf",
    "e-ac-3": "eac3",
    "g.723.1": "g723_1",
    "mlp fba": "truehd",
    "monkey's audio": "ape",
    "musepack sv7": "musepack7",
    "musepack sv8": "musepack8",
    "qdesign 2": "qdm2",
    "usac": "aac",
}
# The numbers of Microsoft's WAVEFORMATEX (mmreg.h), which AVI, ASF, Matroska and WAV share.
_ADPCM: Final = {
    "11": "adpcm_ima_wav",
    "14": "adpcm_g726",
    "17": "adpcm_ima_wav",
    "2": "adpcm_ms",
    "20": "adpcm_yamaha",
    "38": "amr_nb",
    "45": "adpcm_g726",
    "6": "pcm_alaw",
    "64": "adpcm_g726",
    "7": "pcm_mulaw",
    "alaw": "pcm_alaw",
    "ima4": "adpcm_ima_qt",
    "ulaw": "pcm_mulaw",
}
_WMA: Final = {
    "160": "wmav1",
    "161": "wmav2",
    "162": "wmapro",
    "163": "wmalossless",
    "a": "wmavoice",
}
# Only samples of lossless codecs have a bit depth.
_LOSSLESS: Final = frozenset(
    {"alac", "ape", "flac", "mlp", "tak", "truehd", "tta", "wavpack", "wmalossless"}
)
_PLAIN: Final = re.compile(r"[^a-z0-9]+")


def video_codec(track: Mapping[str, str]) -> str:
    """Name the codec of a video track."""
    name, codec_id = track["Format"].lower(), _codec_id(track["CodecID"])
    if codec_id in _VIDEO_BY_ID:
        return _VIDEO_BY_ID[codec_id]
    if name == "mpeg video":
        return "mpeg1video" if track["Format_Version"].endswith("1") else "mpeg2video"
    if name == "vp6":
        return _FLASH_VP6.get(codec_id, "vp6")
    return _VIDEO.get(name) or _plain(_codec_id(name) or codec_id)


def audio_codec(track: Mapping[str, str]) -> str:
    """Name the codec of an audio track."""
    name, codec_id = track["Format"].lower(), _codec_id(track["CodecID"])
    if name == "mpeg audio":
        layer = re.sub(r"\D", "", track["Format_Profile"])
        return "mp" + (layer or ("2" if codec_id == "50" else "3"))
    if name == "pcm":
        return _pcm(track)
    if name == "adpcm":
        return _ADPCM.get(codec_id) or _law(track) or "adpcm"
    if name == "wma":
        return _WMA.get(codec_id, "wmav2")
    if name == "amr":
        return "amr_wb" if "wide" in track["Format_Profile"].lower() else "amr_nb"
    if name.startswith("aac") or name == "er aac":
        return "aac"
    return _AUDIO.get(name) or _plain(_codec_id(name) or codec_id)


def is_lossless(codec: str) -> bool:
    """Return whether an audio codec keeps all samples unchanged."""
    return codec.startswith(("pcm_", "dsd_")) or codec in _LOSSLESS


def _codec_id(codec_id: str) -> str:
    """Return the codec part: Matroska prefixes it, as in "V_MS/VFW/FOURCC / XVID"."""
    return codec_id.rpartition(" / ")[2].lower()


def _law(track: Mapping[str, str]) -> str | None:
    """Recognise A-law and mu-law, which libmediainfo lists as PCM or as ADPCM."""
    words = f"{track['Format_Profile']} {track['CodecID']}".lower().replace("µ", "u")
    if "alaw" in words or "a-law" in words:
        return "pcm_alaw"
    return "pcm_mulaw" if re.search(r"\bmu-law|\bu-?law", words) else None


def _pcm(track: Mapping[str, str]) -> str:
    if law := _law(track):
        return law
    codec_id = track["CodecID"].lower()
    bits = re.match(r"\d*", track["BitDepth"])
    depth = (bits[0] if bits else "") or "16"
    if "float" in track["Format_Profile"].lower() or "float" in codec_id or codec_id[:2] == "fl":
        sign = "f"
    else:
        sign = "u" if track["Format_Settings_Sign"] == "Unsigned" else "s"
    if depth == "8":
        # In Windows formats 8-bit samples, and only those, are unsigned.
        return "pcm_u8" if sign == "u" or _codec_id(codec_id) == "1" else "pcm_s8"
    is_big = track["Format_Settings_Endianness"] == "Big" or codec_id.endswith("/big")
    return f"pcm_{sign}{depth}{'be' if is_big else 'le'}"


def _plain(name: str) -> str:
    """Reduce an unknown codec's name, which may be raw bytes of the file, to plain letters."""
    return _PLAIN.sub("_", name.lower()).strip("_")[:32] or "unknown"
