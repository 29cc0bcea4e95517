"""The miniatures: their shapes, first weights, seeds, cards, and what the kit ships of a run."""
