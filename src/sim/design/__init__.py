"""A scenario as arrays: the plan of a run, and how parameters and shocks are drawn."""
