"""Paths of media that lie elsewhere now."""

from __future__ import annotations

import pytest
from fixed_jobs import EVOLINK, OXEN, fix, independent

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


@pytest.mark.parametrize(("written", "moved", "fixed"), MOVES)
def test_paths(written: str, moved: dict[str, str], fixed: str) -> None:
    fixed_job = fix(HEAD + written, moved={(1, pointer): path for pointer, path in moved.items()})

    assert fixed_job.text == HEAD + fixed
    assert independent(fixed_job.text)
    assert {change.safety for change in fixed_job.changes} <= {"safe"}
    assert "asset-missing" not in fixed_job.not_fixed


def test_a_path_that_is_repeated_elsewhere() -> None:
    text = f"{HEAD}references:\n- image: &a a.tiff\n- image: *a\n"

    fixed_job = fix(text, moved={(1, "/references/0/image"): "a.png"})

    assert fixed_job.text == text
    assert [(each.rule, each.line) for each in fixed_job.remaining][:1] == [("asset-missing", 4)]
    assert fixed_job.remaining[0].message.startswith(
        "A.png could not be written for a.tiff. It was not"
    )


def test_a_native_body_and_a_second_document() -> None:
    first = f"{HEAD}references: [{{image: a.tiff}}]\n"
    second = (
        f"target: {OXEN}\nbody: {{prompt: A, reference_images: [a.tiff], input_image: b.gif}}\n"
    )

    fixed_job = fix(
        f"{first}---\n{second}",
        moved={(2, "/body/reference_images/0"): "a.png", (2, "/body/input_image"): "b.png"},
    )

    assert fixed_job.text.startswith(first)
    assert "reference_images: [{url: a.png}], input_image: b.png" in fixed_job.text
    assert (
        fixed_job.changes[0].words == "write a.png instead of a.tiff, write b.png instead of b.gif"
    )
