"""Many notebooks from one YAML file: its jobs, their state, and the work."""
