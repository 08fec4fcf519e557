"""A prediction of what a text is read as equals what is read; where it could not, there is none."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from wanprep.fix.job.changes import Drop, Put, Rename, Respell
from wanprep.fix.job.edits import parse_draft, possible_edits, write_operations
from wanprep.fix.job.predicted_draft import predict_document
from wanprep.fix.job.text import apply_edits
from wanprep.job.references.find import find_tokens
from wanprep.pointers import below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wanprep.fix.job.changes import Operation
    from wanprep.job.documents.document import Node

pytestmark = pytest.mark.untraced

JOBS: Final = Path(__file__).parents[3] / "fixtures/jobs"
TRAPS: Final = {
    "text above": "a: |+\n  x\nb: 1\n\n # c\nd: 2\n",
    "comment below": "a: >\n  x\nb: 1\n    # c\nd: 2\n",
    "comments": "# a\na: 1 # b\n  # c\nb:\n  c: x # [d]\n  e: 'y'   # e\n# f\n",
    "flow": "{a: 1, 'b': [x, \"y\"], \"c\":2, d:\n - 3}\n",
    "flow in lines": "a: {b: '4'\n  , c: [5, x\n  ]}\nd: '#'\n",
    "lists": "a:\n- b: 1\n  c: 2\n- d: 3\ne:\n  - - f\n    - g: h\n",
    "first and last": "a:\n  b: 1\n  c: 2\nd: x\n",
    "empty": "a:\nb: ''\nc: ~\nd:\n  e:\n",
    "anchors": "a: &x 1\nb: *x\n&y c: 2\nd: *y\n",
    "tags": "a: !!str 5\nb: ! c\n",
    "explicit": "? a\n: 1\nb: 2\n",
    "tabs": "a: 1\t# b\nb:\t2\n",
    "lines": "a: x\n y\nb: 'x\n\n  y'\nc: z\n",
    "windows": "a: 1\r\nb: 2\r\n",
    "no end": "a: 1\nb: [2] # [c]",
    "template": "a: {{ b }}\n",
    "prompts": "a: 第@Image1:# {Image 2} x\nb: '@Image1'\nc: \"\\x40Image1 ''\"\n",
    "prompt in a block": "d: |-\n @Image1\n  y\n\n",
    "prompt in lines": "a: >-\n  @Image1 and @Image\n  2\n\nb: in [Image\n  1] x\n",
}  # fmt: skip
VALUES: Final = ("x", "720p", "n", "16:9", "a b", "", "é", "x\ny", 5, -4, 2.5, 1e30, True, None)


def operations(node: Node, pointer: str = "") -> Iterator[Operation]:
    """List operations of every kind on every value."""
    if pointer:
        yield from (Put(pointer, value) for value in VALUES)
        yield from (Rename(pointer, key) for key in ("seed", "b", "no", "two words"))
        yield Drop(pointer)
    if isinstance(node.content, str) and (tokens := find_tokens(node.content)):
        new = ("Image 1", "图1", "@Image1", " Image 1 ", "7")
        for text in new:
            yield Respell(pointer, tuple((each.span, text) for each in tokens))
    names = node.content if isinstance(node.content, Mapping) else count()
    for name, child in zip(names, node.children(), strict=False):
        yield from operations(child, below(pointer, name))


def check_predictions(text: str) -> int:
    """Compare the prediction of each operation with what is read; return how many there were."""
    draft = parse_draft(text, "job.yaml")
    predictions = 0
    if draft is None or len(draft.documents) != 1:
        return predictions
    [document] = draft.documents
    for operation in operations(document.root):
        edits = next(possible_edits(document, [operation]), None)
        after = None if edits is None else apply_edits(text, edits)
        if edits is None or after is None:
            continue
        if predicted := predict_document(document, operation, edits, after):
            predictions += 1
            written = write_operations(draft, 0, [operation])
            assert written is not None, (operation, after)
            assert written[0].text == after
            assert written[0].documents == (predicted,), (operation, after)
    return predictions


@pytest.mark.parametrize("text", TRAPS.values(), ids=TRAPS)
def test_traps(text: str) -> None:
    check_predictions(text)


@pytest.mark.parametrize("name", ["comments", "misspelt-keys", "several-targets"])
def test_jobs(name: str) -> None:
    assert check_predictions((JOBS / f"bad/{name}.yaml").read_text("utf-8"))
