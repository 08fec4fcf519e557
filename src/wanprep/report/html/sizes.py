"""How large previews may be: hundreds of them fit into one page that opens at once."""

from __future__ import annotations

from typing import Final

TINY: Final = (96, 2_500)  # pixels of the longer side, bytes
COPIES: Final = ((320, 20_000), TINY)
FRAME: Final = (256, 5_000)
FRAMES: Final = 5
SECONDS: Final = 30.0  # that making one may take
# So many cards are laid out only when they come into view; fewer are there at once, whole.
MANY: Final = 80
