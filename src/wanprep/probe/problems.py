"""The beginnings of problems by which the rest of the program tells them apart."""

from __future__ import annotations

from typing import Final

MISSING: Final = "there is no such file"
LFS_POINTER: Final = "Git LFS pointer: the file itself was not fetched"
# Not looked at: nothing is known of the file, neither good nor bad.
NOT_READ: Final = "not read"
# Too large for a deep look; what its header says holds all the same.
NOT_DECODED: Final = "not decoded"
# Behind an address: not reached from here and now; refused to a stranger; nothing to ask at all.
NOT_REACHED: Final = "not reached"
REFUSED: Final = "refused"
UNSAFE: Final = "not asked"
UNSEEN: Final = (NOT_READ, NOT_REACHED, REFUSED, UNSAFE)
