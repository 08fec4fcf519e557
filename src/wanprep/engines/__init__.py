"""Worker processes: where untrusted files are opened."""
