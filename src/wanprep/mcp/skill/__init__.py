"""What an agent should know of wanprep: the server's instructions, and a skill to install.

SKILL.md is a skill as agentskills.io describes them. `docs/generate.py` writes its tables from
those of the commands, exit statuses and tools.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from wanprep.errors import UsageError
from wanprep.files.atomic import write_output
from wanprep.text import visible

FILE: Final = Path(__file__).with_name("SKILL.md")
_NAME: Final = "wanprep"  # of the skill, and so of its folder
_BEGIN: Final = f"---\nname: {_NAME}\n".encode()
INSTRUCTIONS: Final = (
    "wanprep checks media and jobs for video-generation APIs before they are sent, and fixes them."
    " Call `check` before a job is submitted by any means: a rejected or wrong job costs money and"
    " minutes. `unknown` is not a pass. Call `plan_fix`, show the user what it would lose, then"
    " `fix` and `check` again. Never answer for the user what only the owner of a file may decide"
    " (crop, trim, yes), and never submit without being asked to."
)


def write_skill(folder: str) -> str:
    """Write the skill to its folder below one of skills, and return the path of its file."""
    path = os.path.join(folder, _NAME, FILE.name)
    if os.path.lexists(path) and not _is_skill(path):
        raise UsageError(f"{visible(path)} is another file: move it away, or choose another folder")
    write_output(FILE.read_bytes(), path)
    return path


def _is_skill(path: str) -> bool:
    return os.path.isfile(path) and Path(path).read_bytes().startswith(_BEGIN)
