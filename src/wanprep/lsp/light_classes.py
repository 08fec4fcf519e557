"""Import the types of the protocol in less than half the time.

lsprotocol defines 550 classes with attrs, and most of its start-up time is the generation of
methods that compare and print them, and of slots, which a server of a few messages never needs.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def light_classes() -> Iterator[None]:
    """Let attrs generate only the constructors of the classes that are defined meanwhile."""
    define = attrs.define
    attrs.define = partial(define, eq=False, repr=False, slots=False)
    try:
        yield
    finally:
        attrs.define = define
