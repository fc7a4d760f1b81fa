"""Which conclusions depend on the structure of the model."""
