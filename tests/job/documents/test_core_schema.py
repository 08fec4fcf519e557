from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wanprep.job.documents.core_schema import meaning
from wanprep.job.documents.limits import NotAJob

if TYPE_CHECKING:
    from wanprep.job.documents.node import Scalar


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nUll", "nUll"),
        ("true", True), ("False", False), ("TRUE", True), ("tRUE", "tRUE"),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"), ("N", "N"),
        ("5", 5), ("-5", -5), ("+5", 5), ("0123", 123), ("0o17", 15), ("0x1F", 31),
        ("1_000", "1_000"), ("0b11", "0b11"), ("0o8", "0o8"), ("0x", "0x"),
        ("1.5", 1.5), ("1.", 1.0), (".5", 0.5), ("-.5e3", -500.0), ("1e3", 1000.0),
        (".", "."), ("-", "-"), ("e3", "e3"), ("1e", "1e"), ("1.2.3", "1.2.3"),
        ("16:9", "16:9"), ("1:30", "1:30"), ("1080p", "1080p"), ("2026-11-20", "2026-11-20"),
        ("12:30:45", "12:30:45"), ("<<", "<<"), ("=", "="), ("...x", "...x"),
    ],
)  # fmt: skip
def test_meaning(word: str, value: Scalar) -> None:
    found = meaning(word, (0, 0))
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    "word",
    [".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999", "9" * 400, "9" * 5000, "0" * 5000,
     "0x" + "f" * 400],
)  # fmt: skip
def test_numbers_that_cannot_be_sent_are_refused(word: str) -> None:
    with pytest.raises(NotAJob, match="number"):
        meaning(word, (0, 0))
