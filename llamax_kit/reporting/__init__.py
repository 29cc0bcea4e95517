"""Shows a finished table or run: pictures, tables, LaTeX, a report folder. Computes nothing."""
