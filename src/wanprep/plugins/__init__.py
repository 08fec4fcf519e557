"""What a plugin adds to wanprep, and how plugins are found and loaded."""
