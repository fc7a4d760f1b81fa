"""When it happens: boxes of the parameters, thresholds, what to watch, and what another expert's prior says.

draws          the parameters that the trials of a run had
prim           boxes, on arrays
cases          trials of the search, and trials on which what was found is judged
discovery      when an event is frequent: boxes of the parameters of a run
box_scenarios  the scenarios of a run, confined to a box
tree           the same by classification trees
crossing       where a response crosses a probability, on arrays
threshold      how large a lever must be
signposts      which observable tells what is coming
odds           finished trials under another prior
"""
