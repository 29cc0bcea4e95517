"""Parallel text: the published corpora, the embedded one, and a folder of one's own."""
