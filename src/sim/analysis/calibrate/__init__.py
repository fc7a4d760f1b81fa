"""What recorded choices and the record say about the parameters.

choice_data     recorded choices of supplier, as data for a logit
choice_logit    the logit, estimated from them
targets         statistics of windows of the record, and the same of simulated trials
regression_abc  approximate Bayesian computation, on arrays
waves           waves of simulation, each nearer to the record
checks          how good a calibration is
rank_checks     simulation-based calibration: are ranks of simulated truths even?
files           a calibration on disk
"""
