"""WaveSpeedAI: Wan 2.7 reference to video."""
