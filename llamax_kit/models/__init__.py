"""Models by name, hub id or folder; their tokenizers and engines; the ledger that keeps every completion once."""
