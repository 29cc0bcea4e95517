"""What makes the embedded text, and the text that the miniatures are trained on."""
