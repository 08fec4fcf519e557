"""Check jobs and media files against the limits of targets."""
