"""What wanprep finds on this machine: said, and not touched. No network is asked."""
