"""Trials advanced together, quarter by quarter, as arrays or as machine code."""
