"""Over the network: an order once, all else patiently, and the key to nobody else."""
