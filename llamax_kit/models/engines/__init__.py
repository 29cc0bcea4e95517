"""Prompts in, completions out: one file an engine."""
