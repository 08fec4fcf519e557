"""Let `python -m wanprep` do what `wanprep` does."""

from wanprep.cli import main

main()
