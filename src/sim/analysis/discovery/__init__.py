"""When it happens: boxes of the parameters, thresholds, what to watch, and what another expert's prior says.

draws      the parameters that the trials of a run had
shares     intervals of shares of trials
prim       boxes, on arrays
discovery  when an event is frequent: boxes of the parameters of a run
tree       the same by classification trees
threshold  how large a lever must be
signposts  which observable tells what is coming
odds       finished trials under another prior
"""
