"""Worker processes, in which untrusted files are opened, and children that end with wanprep."""
