"""What a folder needs to begin with: a first job, a configuration, a hook."""
