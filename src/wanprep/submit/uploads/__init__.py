"""Public URLs for local files."""
