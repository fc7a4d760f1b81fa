"""The model against the record: patterns, directions of effect, back-tests.

pattern_files       patterns.toml: what is on record, and the rule by which the model is held to it
pattern_statistics  how each statistic is taken from trials
patterns            does the model show them?
effect              what an experiment looks at: one number per trial
arms                a scenario with changes on top, run once for all that look at it
direction_files     directions.toml: the signs that the evidence asserts
directions          does the model show them?
lever_files         levers.toml: what the documents say can be moved, and by how much
potency             how much does each lever move?
backtest            what the model would have said at a date, scored against the record
"""
