"""The LLaMAX recipe, in the order of its steps; the house never imports this annex.

1. `texts`: a folder of plain files as users have them; `streams` reads them line by line, `dictionaries` their words
2. `mixture`: which records an epoch of continual pre-training sees (paper, Algorithm 1), by `pairs`, which says how the
   lines of one pair enter it; `instructions`: the records of the tuning that follows
3. `examples`: records as token ids with labels, kept on disk
4. `stage`: one training of one model on one set of examples, on transformers' Trainer. Continual pre-training and
   instruction tuning are two stages, the second of which begins with the model of the first

Not here: it does not filter, deduplicate or clean text (nor does the paper), translates no filler sentences by another
model (what such a model wrote is read as pairs), adds nothing to the vocabulary, and averages no models.
"""
