"""Where a position is, in texts that no reader accepts yet; `|` is the position."""

from __future__ import annotations

import pytest

from wanprep.lsp.context import context_at


@pytest.mark.parametrize(
    ("text", "path", "is_key", "typed"),
    [
        ("tar|", "", True, "tar"),
        ("target: a\n---\nta|", "", True, "ta"),
        ("target: |", "target", False, ""),
        ("target:\n  - a/b\n  - ev|", "target *", True, "ev"),
        ("prompt: hi Im|", "prompt", False, "hi Im"),
        ('prompt: "hi Im|', "prompt", False, "hi Im"),
        ("prompt: ¶\n  a: b\n  Image|", "prompt", False, "Image"),
        ("prompt: rain\n  and Im|", "prompt", False, "and Im"),
        ("references:\n  - im|", "references *", True, "im"),
        ("references:\n- image: a.png\n  vo|", "references *", True, "vo"),
        ("references:\n  - image: a\n    voice: b|", "references * voice", False, "b"),
        ("references:\n  - {image: 'r|", "references * image", False, "r"),
        ("prompt: a\nreferences: [{image: r|", "references * image", False, "r"),
        ("parameters:\n  duration: 5\n  re|\n  seed: 3", "parameters", True, "re"),
        ("parameters: {duration: 5, resolution: 7|", "parameters resolution", False, "7"),
        ('{"tar|', "", True, "tar"),
        ('{"target": "evo|', "target", False, "evo"),
        ('{"references": [{"image": "r|"}]}', "references * image", False, "r"),
        ('{"parameters": {"seed": 1, |', "parameters", True, ""),
        ('{"prompt": "say \\"hi\\" Image|', "prompt", False, 'say \\"hi\\" Image'),
    ],
)
def test_context(text: str, path: str, is_key: bool, typed: str) -> None:
    text = text.replace("¶", "\x00")
    offset = text.index("|")
    text = text.replace("|", "").replace("\x00", "|")

    context = context_at(text, offset, is_json=text.startswith("{"))

    assert context
    assert (" ".join(context.path), context.is_key, context.typed) == (path, is_key, typed)


def test_keys_that_are_there_are_known_and_a_comment_holds_none() -> None:
    text = "parameters:\n  duration: 5\n  \n  seed: 3\nprompt: x\n"

    context = context_at(text, text.index("  \n") + 2, is_json=False)

    assert context
    assert context.siblings == {"duration", "seed"}
    assert context_at("prompt: x # Im", 14, is_json=False) is None
