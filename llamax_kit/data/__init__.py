"""Languages, parallel text, downloads, the translations table. Knows no model and no score."""
