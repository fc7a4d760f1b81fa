"""What a result says.

compare     paired differences, and the answers that come of them
explain     why they chose that, and where a number comes from
drivers     what drives a number, and what is worth knowing
robustness  which policy holds up
discovery   when it happens, and what to watch
validate    the model against the record
calibrate   what the record says about the parameters
describe    the model as pages
"""
