"""Where a run lives, its tables and its record."""
