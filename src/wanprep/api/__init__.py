"""The public functions of wanprep; each imports what it needs when it is called."""
