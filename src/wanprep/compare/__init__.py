"""Compare jobs with targets: as they are, and as they would be fixed."""
