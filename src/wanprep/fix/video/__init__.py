"""Fix videos: choose and run the command lines of ffmpeg."""
