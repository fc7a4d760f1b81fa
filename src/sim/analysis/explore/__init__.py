"""From runs to findings: which policy holds up, when it fails, what to watch, and on whose judgement.

structure      which conclusions depend on the structure of the model
question       a number that is asked for, as text
policies       what actors could do, declared in a case
criteria       criteria of robustness, on arrays
robustness     policies over futures
"""
