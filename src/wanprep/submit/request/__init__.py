"""The request that a job becomes, its price, and the identity by which it is paid for once."""
