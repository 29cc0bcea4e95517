"""spBLEU, chrF++ and BLEU with signatures, intervals, paired tests, averages, output checks. Loads no model."""
