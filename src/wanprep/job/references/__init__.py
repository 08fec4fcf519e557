"""How a prompt names the references of its job, in every dialect in use."""
