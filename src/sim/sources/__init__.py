"""Who said so: the evidence table."""
