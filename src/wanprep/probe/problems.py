"""Prefixes of problems, by which the other rooms distinguish them."""

from __future__ import annotations

from typing import Final

MISSING: Final = "there is no such file"
LFS_POINTER: Final = "Git LFS pointer: the file itself was not fetched"
# Not checked: nothing is known of the file, neither good nor bad.
NOT_READ: Final = "not read"
# Too large for --deep; the facts from its header stand.
NOT_DECODED: Final = "not decoded"
# URLs: no connection; refused without credentials; not requested because unsafe.
NOT_REACHED: Final = "not reached"
REFUSED: Final = "refused"
UNSAFE: Final = "not asked"
UNSEEN: Final = (NOT_READ, NOT_REACHED, REFUSED, UNSAFE)
