"""What drives a number: parameters, shocks and structure; and what is worth knowing before a choice.

subject          what is looked at, in every quarter or in one
inputs           what a trial depends on, as groups of random streams
variance_shares  Sobol indices, on arrays
sensitivity      which inputs drive a number, over time, and where its spread comes from
morris           screening by elementary effects
pawn             distances between distributions
tornado          how far a number moves when one input goes from low to high
shapley          shares of the variance that add up, also where inputs are dependent
information      expected values of information, on arrays
worth            what is worth knowing before choosing between two scenarios
structure        which conclusions depend on the structure of the model
"""
