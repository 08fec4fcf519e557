"""A reference that moves takes its lines and comments along, and the prompt is renumbered."""

from __future__ import annotations

import pytest

from wanprep.check.inputs import Case
from wanprep.check.request import CheckRequest, targets_of
from wanprep.fix.job.editor_actions import CannotMove, Move, move_reference
from wanprep.fix.job.text import apply_edits
from wanprep.lsp.checker import read_text

TARGETS = targets_of(CheckRequest(paths=()))


def case_of(text: str, name: str = "job.yaml") -> Case:
    [case] = read_text(text, name, TARGETS).cases
    return case


@pytest.mark.parametrize(
    ("prompt", "move", "expected"),
    [
        ("Image 1, image_2 and 图3.", Move(0, 2), "Image 3, image_1 and 图2."),
        ("Image 1, image_2 and 图3.", Move(2, 0), "Image 2, image_3 and 图1."),
        ("Images 1 and 2 meet Image 3.", Move(0, 1), "Images 2 and 1 meet Image 3."),
        ("Images 1-2 meet Image 3.", Move(1, 2), "Image 1, Image 3 meet Image 2."),
        ("The first image runs to Image 2.", Move(0, 1), "Image 2 runs to Image 1."),
        ("Image 7 and Video 1 stay.", Move(0, 1), "Image 7 and Video 1 stay."),
    ],
)
def test_a_move_renumbers_the_prompt(prompt: str, move: Move, expected: str) -> None:
    entries = ["image: a.png # first", "image: b.png\n  voice: b.wav", "image: c.png"]
    rest = "- video: d.mp4\n"
    case = case_of(
        f"prompt: {prompt}\nreferences:\n" + "".join(f"- {each}\n" for each in entries) + rest
    )

    text = apply_edits(case.job.document.source.text, move_reference(case, move))

    after = case_of(text or "").job
    files = [each.asset for each in case.job.references]
    assert after.prompt == expected
    assert [each.asset for each in after.references] == move.apply(files)
    assert [each.voice for each in after.references if each.asset == "b.png"] == ["b.wav"]
    assert "# first" in (text or "")


def test_brackets_and_json_move_too() -> None:
    case = case_of('{"prompt": "Image 2", "references": [{"image": "a.png"}, "b.png"]}', "a.json")

    text = apply_edits(case.job.document.source.text, move_reference(case, Move(1, 0)))

    assert text == '{"prompt": "Image 1", "references": ["b.png", {"image": "a.png"}]}'


def test_the_fields_of_a_native_body_are_not_moved() -> None:
    fields = "  prompt: Image 2\n  image_urls: [a.png, b.png]\n"

    with pytest.raises(CannotMove, match="only the entries of a list `references`"):
        move_reference(
            case_of(f"target: evolink/wan2.7-reference-video\nbody:\n{fields}"), Move(0, 1)
        )
