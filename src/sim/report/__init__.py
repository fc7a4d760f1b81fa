"""A run as one page that can be passed on: answers, futures, results, assumptions, evidence, limits.

The page is one HTML file that asks nothing of the network; the data lie beside it in an archive. The same run
gives the same bytes.
"""
