"""Public addresses for local files."""
