"""From a file to jobs: what the user wants made, and where each word of it stands."""
