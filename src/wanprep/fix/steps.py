"""What a repair does, in words, and how much it asks of the user's trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

# safe: loses nothing that a viewer sees. lossy: visible at worst to a trained eye. asks: changes
# what the picture shows or how long it lasts, which only its owner may decide.
Safety = Literal["safe", "lossy", "asks"]

# In the order in which they are done, and told.
STEPS: Final = (
    "rename", "drop-location", "remux", "trim", "first-frame", "turn", "tone-map", "color",
    "flatten", "crop", "square-pixels", "scale", "pad", "frame-rate", "encode", "fit-bytes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done to a file."""

    name: str  # one of STEPS
    safety: Safety
    words: str  # "scale 9000x3000 to 8000x2667 px", the end of a sentence
    # Of a step that asks: the findings for whose sake it does. Who refuses it may have the rest
    # mended by ignoring these.
    rules: tuple[str, ...] = ()
