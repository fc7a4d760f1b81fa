"""Changes that can have no effect: which, why, and what would have one.

Exact, not a guess: what is said to have no effect can be left out without moving a bit of a run. A parameter
counts at the steps at which the model reads it (`sim.scenario.when_read`), as events have left it by then; a
prescribed state counts as what it is at the beginning of a quarter and, where it is held, at its end. Two
events of one file and one date that say the same, such as a signature and a hold, document one fact and are
left alone.

finding  one such change, in words
course   the parameters of a scenario over its quarters, as events leave them
changes  changes of parameters
events   events
states   events that prescribe a state
"""
