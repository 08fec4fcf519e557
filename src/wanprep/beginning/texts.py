"""The configuration and the hook to begin with."""

from __future__ import annotations

import json

HOOK = """\
repos:
  - repo: local
    hooks:
      - id: wanprep-check
        name: wanprep check
        entry: wanprep check --changed
        language: system
        types_or: [file, symlink]
        always_run: true
        require_serial: true
"""


def configuration(target: str) -> str:
    """Write a configuration with what is most often wanted, to be filled in."""
    return f"""\
# What holds for all files below this folder. `wanprep schema config` describes every key.
targets = [{json.dumps(target)}]  # for bare media, and for jobs that name none

# [roles]                       # what media are for, where no job says it
# "voices/*" = "voice"
# "starts/*.png" = "first_frame"

# [ignore-in]                   # rules that are not reported in some files
# "old/*" = ["codec-risky"]

# [fix]                         # how `wanprep fix` decides where nothing is said
# crop = "smart"
# background = "#ffffff"
"""
