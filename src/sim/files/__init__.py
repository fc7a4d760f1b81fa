"""Strict reading of the files people write: TOML records, CSV tables."""
