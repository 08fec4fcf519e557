"""RunComfy: Wan 2.7 reference to video and Wan 2.2 image to video."""
