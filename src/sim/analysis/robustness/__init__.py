"""Which policy holds up over futures, by which criterion, how surely; and which of many combinations.

policies       what actors could do, declared in a case
criteria       criteria of robustness, on arrays
robustness     policies over futures
policy_search  which of many policies, and the optimism of the winner
"""
