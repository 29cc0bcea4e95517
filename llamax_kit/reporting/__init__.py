"""A finished table or run as something to look at: pictures, tables, LaTeX, a report folder. Computes nothing."""
