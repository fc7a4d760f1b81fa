"""What if: scenario files, dated events, factorial designs, and the record of a scenario in a store."""
