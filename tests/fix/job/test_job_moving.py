"""Paths of media that lie elsewhere now."""

from __future__ import annotations

import pytest
from fixed_jobs import EVOLINK, OXEN, independent, mend

HEAD = f"target: {EVOLINK}\nprompt: Image 1\n"

MOVES = [
    pytest.param(
        "refs:\n- image: a.tiff # hers\n  voice: 'a b.wav'\nfirst_frame: \"c.gif\"\n",
        {"/references/0/image": "a.png", "/references/0/voice": "a'b.wav", "/first_frame": "c.png"},
        "references:\n- image: a.png # hers\n  voice: 'a''b.wav'\nfirst_frame: \"c.png\"\n",
        id="in its quotes",
    ),
    pytest.param(
        "references: [{image: a.tiff}]\n",
        {"/references/0/image": "b, c.png"},
        'references: [{image: "b, c.png"}]\n',
        id="quotes where they are needed",
    ),
    pytest.param(
        "references:\n- a.tiff\n- image: a.tiff\n",
        {"/references/0/image": "1.png", "/references/1/image": "2.png"},
        "references:\n- {image: 1.png}\n- image: 2.png\n",
        id="a name alone",
    ),
    pytest.param(
        "references:\n- image: &a a.tiff\n- image: *a\n",
        {"/references/0/image": "a.png", "/references/1/image": "a.png"},
        'references:\n- image: &a a.png\n- image: a.png\n',
        id="repeated, both to the same",
    ),
    pytest.param(
        "references:\n- image: &a a.tiff\n- image: *a\n",
        {"/references/1/image": "a.png"},
        "references:\n- image: &a a.tiff\n- image: a.png\n",
        id="only the repetition",
    ),
    pytest.param(
        "references: [{image: a.png}]\n",
        {"/references/0/image": "a.png", "/references/7/image": "b.png"},
        "references: [{image: a.png}]\n",
        id="nothing moves",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("written", "moved", "mended"), MOVES)
def test_paths(written: str, moved: dict[str, str], fixed: str) -> None:
    made = mend(HEAD + written, moved={(1, pointer): path for pointer, path in moved.items()})

    assert made.text == HEAD + fixed
    assert independent(made.text)
    assert {change.safety for change in made.changes} <= {"safe"}
    assert "asset-missing" not in made.not_fixed


def test_a_path_that_is_repeated_elsewhere() -> None:
    text = f"{HEAD}references:\n- image: &a a.tiff\n- image: *a\n"

    made = mend(text, moved={(1, "/references/0/image"): "a.png"})

    assert made.text == text
    assert [(each.rule, each.line) for each in made.left][:1] == [("asset-missing", 4)]
    assert made.left[0].words.startswith("A.png could not be written for a.tiff. It was not")


def test_a_native_body_and_a_second_document() -> None:
    first = f"{HEAD}references: [{{image: a.tiff}}]\n"
    second = (
        f"target: {OXEN}\nbody: {{prompt: A, reference_images: [a.tiff], input_image: b.gif}}\n"
    )

    made = mend(
        f"{first}---\n{second}",
        moved={(2, "/body/reference_images/0"): "a.png", (2, "/body/input_image"): "b.png"},
    )

    assert made.text.startswith(first)
    assert "reference_images: [{url: a.png}], input_image: b.png" in made.text
    assert made.changes[0].words == "write a.png instead of a.tiff, write b.png instead of b.gif"
