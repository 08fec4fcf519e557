"""Run `wanprep` as `python -m wanprep`."""

from wanprep.cli import main

main()
