"""Errors, files, locks, parallel work, the network's limits. Knows no language, no model and no run."""
