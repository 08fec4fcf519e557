"""HTTP: the paid request of an order once, all others with retries, and the key to nobody else."""
