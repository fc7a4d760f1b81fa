"""What a result says: comparisons, patterns, scores. Reads datasets; runs nothing unless its name says so."""
