"""The checks of `wanprep plugin check`."""
