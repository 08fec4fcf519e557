"""The careful hand: a checked job is sent once, and its result brought home."""
