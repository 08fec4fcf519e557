"""The providers' services: their properties and keys."""
