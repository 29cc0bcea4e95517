"""The paper beside its authors' released scores: what they released, what they printed, and what follows from it.

`release` reads the scores, `printed` the printed figures, `recompute` sets the two side by side, and `contradictions`
finds where they disagree. Nothing here runs a model.
"""
