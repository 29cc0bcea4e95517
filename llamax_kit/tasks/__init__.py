"""What is asked of a model, and what is answered: prompts, translation, the outputs of other systems."""
