"""What is known of each service, and which plugins talk to them."""
