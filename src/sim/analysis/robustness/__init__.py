"""Which policy holds up over futures, by which criterion, how surely; and which of many combinations.

policies       what actors could do, declared in a case
criteria       criteria of robustness, on arrays
outcomes       what each policy comes to, in every future
robustness     which of them holds up, and how surely
pareto         points that no other dominates
race           a search among many, on arrays
policy_search  which of many policies, and the optimism of the winner
"""
