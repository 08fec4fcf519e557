"""EvoLink: Wan 2.7 reference video."""
