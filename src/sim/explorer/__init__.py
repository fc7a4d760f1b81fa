"""A page on this machine: choose a future, move levers, see the fan move with them, and save what was made.

The server listens on the loopback alone, and answers only who knows the token in its address.
"""
