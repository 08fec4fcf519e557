"""Prompt tokens: the words by which a prompt names its references, in every dialect in use.

"Image 3" in a prompt with two images is a paid video with an invented face, so a token must
not be missed; and "a video 5 seconds long" must not be taken for a fifth video. Where a
phrase can be read both ways, the reading is the one that the documented spelling favours.

Not tokens, on purpose: "Clip 1", "Shot 1" and "Scene 1" (shot lists), "Character 1" with a
blank (a screenplay's speaker), "Audio 1" (Wan 2.7 binds voices to references, not to words),
"Image 1.jpg" (a file's name), and numbers of four digits and more (years, file names).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wanprep.job.tokens.folding import fold
from wanprep.job.tokens.heads import read_head
from wanprep.job.tokens.lists import read_list
from wanprep.job.tokens.patterns import HEAD, WORD

if TYPE_CHECKING:
    from wanprep.job.tokens.styles import Token

# A prompt that names more is no prompt. Providers cut after 5,000 characters, long before.
MOST_TOKENS: Final = 10_000


def find_tokens(prompt: str) -> tuple[Token, ...]:
    """Find every reference that the prompt names by number, in the order of the text."""
    folded = fold(prompt)
    found: list[Token] = []
    end = 0
    for word in WORD.finditer(folded):
        match = HEAD.match(folded, word.start())
        head = match and read_head(prompt, folded, match, end)
        if head and (named := read_list(prompt, folded, head)):
            found.extend(named)
            end = named[-1].span[1]
        if len(found) >= MOST_TOKENS:
            break
    return tuple(found)
