from __future__ import annotations

import pytest

from wanprep.job.misspelt import same_key, similar_key
from wanprep.schemas import load_schema

KEYS = load_schema("job")["properties"]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("refs", "references"), ("References", "references"),
        ("negative-prompt", "negative_prompt"),
        ("negativePrompt", "negative_prompt"), ("firstFrame", "first_frame"),
        ("image_start", "first_frame"), ("params", "parameters"), ("model", "target"),
        ("Prompt ", "prompt"), ("\ufeffprompt", "prompt"), ("promt", None), ("", None),
        ("图", None),
    ],
)  # fmt: skip
def test_same_key(key: str, meant: str | None) -> None:
    assert same_key(key, KEYS) == meant


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("promt", "prompt"), ("refrences", "references"), ("referenses", "references"),
        ("taget", "target"), ("paramaters", "parameters"), ("first_fram", "first_frame"),
        ("name", None), ("services", None), ("on", None), ("", None),
    ],
)  # fmt: skip
def test_similar_key(key: str, meant: str | None) -> None:
    assert similar_key(key, KEYS) == meant
