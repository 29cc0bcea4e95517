"""The LLaMAX recipe, in the order of its steps; imported by the app and by notebooks alone.

1. `corpus.texts`: a folder of plain files as users have them; `corpus.streams` reads them line by line,
   `corpus.dictionaries` their words
2. `corpus.mixture`: which records an epoch of continual pre-training sees (paper, Algorithm 1), by `corpus.pairs`,
   which says how the lines of one pair enter it; `corpus.instructions`: the records of the tuning that follows
3. `examples.encoding`: records as token ids with labels, in `examples.blocks`; `examples.dataset` keeps them on disk
4. `stage`: one training of one model on one set of examples, on transformers' Trainer, with its `settings` (what
   determines the weights, and what is refused), `trainers` (the Trainer's arguments and log) and `resume` (which
   checkpoint is whole). Continual pre-training and instruction tuning are two stages, the second of which begins with
   the model of the first; `recipe` runs what one YAML names (its examples by `prepare`), `losses` measures what each
   language lost or gained

Of the miniatures alone: `miniature.experiment` has the steps of notebook 10 up to its four models, `miniature.measures`
what these can do. They stand on `cldr.texts` (the texts), `miniature.model` (shapes, tokenizer, first weights),
`miniature.roles` (which languages which stage reads), `miniature.seeds` (seeds and ablations side by side), and
`miniature.shipped` and `miniature.card` (what the kit ships). `miniature.facts` tunes them to answer questions.
`cldr.build` makes the embedded corpus, `cldr.phrases` the contents of its positions.

Where to change what: a rule of the mixture, `pairs.missing` and `pairs.epoch`; which tokens have a loss,
`encoding.encode` (records) and `blocks.cut` (running text); the shape of a miniature, `miniature.model.SHAPES`; a
stage of it, one function of `miniature.experiment`; any other training, one YAML of params/training/; a picture,
`reporting/plots/training_plots`.

Not here: it does not filter, deduplicate or clean text (nor does the paper), translates no filler sentences by another
model (what such a model wrote is read as pairs), adds nothing to the vocabulary, and averages no models.
"""
