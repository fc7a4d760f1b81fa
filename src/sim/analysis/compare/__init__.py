"""Paired comparison: measures, differences with their intervals, first passages, summary tables."""
