"""How fast the engine is, against a plain program, against Mesa, and against the least that it could do.

``python -m benchmarks`` prints one table of one run. Machines differ and so do runs, so what counts are the
ratios, all taken in the same run: the engine against the scalar twin of the tests, which is the same
model in plain Python; against Mesa's own `batch_run` of `sim.World`, which is the same model as agents, on
one core and on both; and against the floor, which only draws the same random numbers and takes the same
number of exponentials. A second table shows which share of the engine's time each mechanism takes, and how
much faster the whole would be if that mechanism took none.
"""
