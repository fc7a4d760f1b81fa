"""How fast the engine is, against a plain program and against the least that it could do.

``python -m benchmarks`` prints one table of one run. Machines differ and so do runs, so what counts are the
ratios, all taken in the same run: the engine against the scalar twin of the tests, which is the same
model in plain Python, and against the floor, which only draws the same random numbers and takes the same
number of exponentials.
"""
