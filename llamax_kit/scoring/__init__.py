"""spBLEU and chrF++ with signatures, intervals, paired tests, averages, output checks. Loads no model."""
