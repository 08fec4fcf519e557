"""The sound hand: carries out a recipe for a voice with ffmpeg."""
