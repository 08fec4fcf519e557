"""A prompt with all spellings of a letter, digit or blank made alike."""

from __future__ import annotations

import re
from string import ascii_letters, digits
from typing import Final

_SMALL: Final = {ord(letter): letter.lower() for letter in ascii_letters}
_WIDE: Final = {ord(sign) + 0xFEE0: sign.lower() for sign in f"{ascii_letters}{digits}@#<>[]{{}}_-"}
_BLANKS: Final = dict.fromkeys((0xA0, *range(0x2000, 0x200E), 0x202F, 0x2060, 0x3000, 0xFEFF), " ")
_HYPHENS: Final = dict.fromkeys((0x2010, 0x2011), "-")
_FOLDING: Final = {**_SMALL, **_WIDE, **_BLANKS, **_HYPHENS}

# Numbers in an address are no tokens: "https://example.com/image1.png".
_ADDRESS: Final = re.compile(r"(?:https?://|www\.)[!-~]+")


def fold(prompt: str) -> str:
    """Write letters small and everything half-width, one character for one.

    NFKC would do more and move every offset; here an offset means the same in both texts.
    """
    folded = prompt.translate(_FOLDING)
    if "://" not in folded and "www." not in folded:
        return folded
    return _ADDRESS.sub(lambda match: "\0" * len(match[0]), folded)
