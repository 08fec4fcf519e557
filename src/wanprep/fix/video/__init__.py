"""Fix videos: the command lines of ffmpeg, and what decides between them."""
