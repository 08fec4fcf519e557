"""ICC profiles made on the spot (ICC.1:2001-04), by which colours can be converted."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import product

_D50 = (0.9642, 1.0, 0.8249)
# Adapted to D50, as in the profiles that Apple and the ICC publish.
P3_PRIMARIES = (
    (0.51512, 0.24120, -0.00105),
    (0.29198, 0.69225, 0.04189),
    (0.15710, 0.06657, 0.78407),
)
SRGB_PRIMARIES = (
    (0.43607, 0.22249, 0.01392),
    (0.38515, 0.71687, 0.09708),
    (0.14307, 0.06061, 0.71410),
)


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _xyz(values: Sequence[float]) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*values)


def _gamma(value: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(value * 256))


def _table(values: Sequence[float]) -> bytes:
    numbers = [round(value * 65535) for value in values]
    return b"curv\0\0\0\0" + struct.pack(f">I{len(numbers)}H", len(numbers), *numbers)


def _srgb_curve() -> bytes:
    def linear(value: float) -> float:
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4

    return _table([linear(index / 1023) for index in range(1024)])


def _profile(kind: bytes, space: bytes, pcs: bytes, tags: dict[bytes, bytes]) -> bytes:
    name = b"made for a test\0"
    described = b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78)
    tags = {b"desc": described, b"cprt": b"text\0\0\0\0none\0", b"wtpt": _xyz(_D50), **tags}
    at = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4xI", at + len(body), 0x02400000) + kind + space + pcs
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _fixed(*_D50)
    return head.ljust(128, b"\0") + table + body


def rgb_profile(primaries: Sequence[Sequence[float]], gamma: float | None = None) -> bytes:
    """Describe an RGB space by its primaries, with the curve of sRGB or a plain gamma."""
    curve = _srgb_curve() if gamma is None else _gamma(gamma)
    tags = {
        name + b"XYZ": _xyz(each) for name, each in zip((b"r", b"g", b"b"), primaries, strict=True)
    }
    tags |= {name + b"TRC": curve for name in (b"r", b"g", b"b")}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def gray_profile(gamma: float) -> bytes:
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _gamma(gamma)})


def cmyk_profile() -> bytes:
    """Describe inks of unmistakable colours: where there is any cyan at all, all is green.

    An ink that is nowhere leaves the paper white; black is black, and the rest stays between.
    """
    clut = bytearray()
    for cyan, magenta, yellow, black in product((0, 1), repeat=4):
        if black:
            lab = (0, 128, 128)
        elif cyan:
            lab = (round(0.878 * 255), 128 - 86, 128 + 83)  # sRGB's pure green
        elif magenta or yellow:
            lab = (128, 128, 128)
        else:
            lab = (255, 128, 128)
        clut += bytes(lab)
    ramp = bytes(range(256))
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    lut = b"mft1\0\0\0\0" + bytes((4, 3, 2, 0)) + identity + ramp * 4 + bytes(clut) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut, b"A2B1": lut})
