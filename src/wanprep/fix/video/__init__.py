"""The video hand: carries out a recipe for a clip with ffmpeg."""
