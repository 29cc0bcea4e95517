"""Records to token ids with labels, on disk."""
