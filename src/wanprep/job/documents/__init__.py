"""YAML and JSON documents as plain values with their places in the file."""
