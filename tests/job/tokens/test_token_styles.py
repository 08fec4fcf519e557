"""The names of the styles are examples of themselves."""

from __future__ import annotations

import pytest

from wanprep.job.tokens.find import find_tokens
from wanprep.job.tokens.plain import find_counted
from wanprep.job.tokens.styles import STYLES


@pytest.mark.parametrize("style", STYLES)
def test_a_name_is_written_in_its_own_style(style: str) -> None:
    found = [*find_tokens(style), *find_counted(f"the {style}")]

    assert style in {token.style for token in found}


def test_the_table_is_sorted_and_explained() -> None:
    assert list(STYLES) == sorted(STYLES)
    assert all(STYLES.values())
