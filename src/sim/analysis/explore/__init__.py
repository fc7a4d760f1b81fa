"""From runs to findings: which policy holds up, when it fails, what to watch, and on whose judgement.

structure      which conclusions depend on the structure of the model
question       a number that is asked for, as text
policies       what actors could do, declared in a case
criteria       criteria of robustness, on arrays
robustness     policies over futures
policy_search  which of many policies, and the optimism of the winner
draws          the parameters that the trials of a run had
prim           boxes, on arrays
discovery      when an event is frequent: boxes of the parameters of a run
tree           the same by classification trees
threshold      how large a lever must be
signposts      which observable tells what is coming
odds           finished trials under another prior
shares         intervals of shares of trials
"""
