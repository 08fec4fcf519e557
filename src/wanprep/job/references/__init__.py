"""Find and rewrite the references that a prompt names, in every spelling in use."""
