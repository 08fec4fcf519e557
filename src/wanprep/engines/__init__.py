"""Worker processes, in which untrusted files are opened."""
