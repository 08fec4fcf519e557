"""Format output: names escaped for a terminal, sizes, durations, lists, line breaks."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


_CODECS: Final = {"h264": "H.264", "h263": "H.263", "prores": "ProRes", "mpeg4": "MPEG-4"}
_BYTES: Final = re.compile("[\udc80-\udcff]+")  # that are not UTF-8, as Python carries them


def visible(text: str) -> str:
    """Escape whatever a terminal might interpret."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8, as Python carries it in names
        return f"\\x{code - 0xDC00:02x}"
    if letter in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[letter]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def json_text(value: object, *, indent: int | None = None) -> str:
    r"""Write JSON that every program can read: a byte of a name that is no UTF-8 becomes \xe9."""
    text = json.dumps(value, indent=indent)
    if "\\ud" not in text and not _BYTES.search(text):
        return text
    plain = json.dumps(value, ensure_ascii=False)
    plain = _BYTES.sub(lambda found: json.dumps(visible(found[0]))[1:-1], plain)
    return json.dumps(json.loads(plain), indent=indent)


def file_size(count: int) -> str:
    """Format a number of bytes: 1.2 MB (10^6 bytes)."""
    if count < 1000:
        return f"{count} B"
    size = float(count)
    for unit in ("kB", "MB"):
        size /= 1000
        if size < 999.95:
            return f"{size:.1f} {unit}"
    return f"{size / 1000:.1f} GB"


def codec_name(codec: str | None) -> str:
    """Write the name of a codec as its makers do: H.264, ProRes; empty where there is none."""
    if codec is None or codec.startswith("pcm_"):
        return "uncompressed (PCM)" if codec else ""
    return _CODECS.get(codec, codec.upper() if len(codec) <= 5 else codec)


def seconds(length: float) -> str:
    """Format a duration: 5.04 s; from two minutes on 3:20.5."""
    if length < 120:
        return f"{length:.2f} s"
    minutes, rest = divmod(length, 60)
    return f"{minutes:.0f}:{rest:04.1f}"


def plural(count: int, thing: str) -> str:
    """Format a count: 1 file, 2 files."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def plain_number(value: float) -> str:
    """Format a number without trailing zeros: 8, 2.35."""
    return f"{value:.10g}"


def join_words(words: Sequence[str], conjunction: str) -> str:
    """Format a list: JPEG, PNG or BMP."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def two_columns(rows: Mapping[str, str]) -> str:
    """Format a description behind each name."""
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {text}" for name, text in rows.items())


def columns(text: str) -> int:
    """Count terminal columns: Chinese letters take two, accents none."""
    return len(text) if text.isascii() else sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"W", "F"} else 1


def wrap(text: str, width: int, *, first: str = "", rest: str = "") -> str:
    """Break lines between words; `first` and `rest` begin them. A long word stays whole."""
    return "\n".join(_lines(text.split(), width, first, rest))


def _lines(words: list[str], width: int, first: str, rest: str) -> Iterator[str]:
    line, gap = first, ""
    for word in words:
        if gap and columns(line) + 1 + columns(word) > width:
            yield line
            line, gap = rest, ""
        line += gap + word
        gap = " "
    yield line
