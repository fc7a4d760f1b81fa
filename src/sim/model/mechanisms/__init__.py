"""One file per mechanism: a plain function of arrays, the way a paper would state it.

Each module has `step(*, ...) -> Update`. The keywords are what it reads (variables of the glossary,
`<name>_prev` for last quarter's value of a state, parameters by their local name, shocks); the fields
of `Update` are what it writes. A module with a state also has `start(*, ...)`, which gives its first
value. No model, clock, file or generator inside; mechanisms do not import each other.
"""
