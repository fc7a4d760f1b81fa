"""The model against the record: patterns, directions of effect, back-tests."""
