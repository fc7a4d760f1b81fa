"""What a result says: comparisons, explanations, checks against the record, calibration."""
