"""One job, held against all targets: who takes it as it is, what it takes elsewhere, the price."""
