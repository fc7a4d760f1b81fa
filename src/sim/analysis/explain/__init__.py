"""Why they chose that, and where a number comes from.

explanation     a decision as it was weighed
decisions       every decision of a trial and quarter, term by term
counterfactual  the smallest change that would have led to another
story           one trial in dated sentences
picks           which trials are worth a look
provenance      from a number to mechanisms, parameters and documents
"""
