"""Back-tests: what the model would have said at a date, registered, and then scored against the record.

origins    which case and scenario stand for an origin, with nothing known later
forecast   trials turned into predictive samples of each target, with a digest
outcome    what happened, read only after the forecast is registered
baselines  what simple rules would have said
scores     proper scores, coverage and skill
calibration  coverage of intervals, also of counts, whose intervals hold more than they say
card       all of it put together for one origin or several
"""
