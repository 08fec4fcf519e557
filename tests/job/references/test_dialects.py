"""Names of references in other dialects: found, counted, and translated."""

from __future__ import annotations

from typing import Any, Final

import pytest

from wanprep.job.references.binding import bind, rewrite
from wanprep.job.references.dialects import FRAME, dialect_of

ORDER: Final = ["image", "video", "image", "audio", "element"]
WORDS: Final = ("audio", "element")
# One prompt in each dialect: the second image, the video, the recording and the element.
SAME: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "Wan": ({"prompt_styles": ["Image 1"]}, "Image 2, Video 1, Audio 1, Element 1"),
    "Kling": (
        {"prompt_styles": ["<<<image_1>>>"]},
        "<<<image_2>>>, <<<video_1>>>, <<<audio_1>>>, <<<element_1>>>",
    ),
    "fal": ({"prompt_styles": ["@Image1"]}, "@Image2, @Video1, @Audio1, @Element1"),
    "from 0": (
        {"prompt_styles": ["<IMAGE_REF_0>"]},
        "<IMAGE_REF_1>, <VIDEO_REF_0>, <AUDIO_REF_0>, <ELEMENT_REF_0>",
    ),
    "one row": (
        {"prompt_styles": ["[Image 1]"], "numbering": {"over": "list"}},
        "[Image 3], [Video 2], [Audio 4], [Element 5]",
    ),
    "frames first": (
        {"prompt_styles": ["@Image1"], "numbering": {"frames": ["first_frame", "last_frame"]}},
        "@Image4, @Video1, @Audio1, @Element1",
    ),
    "characters": (
        {"prompt_styles": ["character1"]}, "character3, character2, character4, character5",
    ),
    "its own": (
        {"prompt_styles": ["@ref-a1"], "dialects": {"@ref-a1": {"form": "@{lower}-a{n}"}}},
        "@image-a2, @video-a1, @audio-a1, @element-a1",
    ),
}  # fmt: skip
ROLES: Final = ["first_frame", "last_frame"]


def test_each_dialect_names_the_same_references() -> None:
    for name, (data, prompt) in SAME.items():
        dialect = dialect_of(data, WORDS, ROLES)
        found = [each.reference for each in bind(prompt, ORDER, dialect).tokens]
        assert found == [("image", 2), ("video", 1), ("audio", 1), ("element", 1)], name


# A prompt in one dialect is for its own target; of another target only the general styles are
# known, which count each kind from 1.
GENERAL: Final = ("Wan", "Kling", "fal", "from 0", "characters")


@pytest.mark.parametrize("before", GENERAL)
def test_prompts_are_translated(before: str) -> None:
    same, prompt = SAME[before]
    # The same words are those of the target, which counts them in its own way.
    others = [name for name in SAME if SAME[name][0]["prompt_styles"] != same["prompt_styles"]]

    found = {
        name: rewrite(prompt, ORDER, dialect_of(SAME[name][0], WORDS, ROLES)) for name in others
    }

    assert found == {name: SAME[name][1] for name in others}


def test_a_frame_has_a_number_where_frames_are_counted() -> None:
    dialect = dialect_of(SAME["frames first"][0], WORDS, ROLES[:1])
    found = [each.reference for each in bind("@Image1 turns to @Image2", ["image"], dialect).tokens]
    assert found == [(FRAME, 1), ("image", 1)]


@pytest.mark.parametrize(
    ("prompt", "bound"),
    [
        pytest.param("<IMAGE_REF_2> waves", [False], id="a number too high, from 0"),
        pytest.param("<image_ref_0> waves", [True], id="in small letters"),
        pytest.param("<IMAGE_REF_0>5 <IMAGE_REF_>", [True], id="no number"),
    ],
)
def test_names_of_a_form_of_their_own(prompt: str, bound: list[bool]) -> None:
    dialect = dialect_of(SAME["from 0"][0])
    found = bind(prompt, ["image", "image"], dialect).tokens
    assert [each.reference is not None for each in found] == bound


def test_audio_is_a_word_where_the_target_has_no_name_for_it() -> None:
    assert bind("Audio 1 is loud", ["image", "audio"], dialect_of({})).tokens == ()


def test_recordings_need_names_where_there_are_several() -> None:
    dialect = dialect_of(SAME["Wan"][0], WORDS)
    assert bind("Audio 1 plays.", ["audio", "audio"], dialect).unused == (("audio", 2),)
    assert bind("The music plays.", ["audio"], dialect).unnamed == ()
