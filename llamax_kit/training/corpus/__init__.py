"""Plain files to training records: texts, dictionaries, pairs, the mixture, instructions."""
