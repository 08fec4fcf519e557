"""Build the request of a job, its price, and the identity by which it is paid for once."""
