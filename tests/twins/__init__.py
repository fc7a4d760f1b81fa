"""The slow twin: the whole model for one trial, in floats, lists and loops.

One file per mechanism, with the mechanism's stem, written from the equations in its docstring. A function
gets the world `w`, whose attributes are the variables and parameters by name, and changes them in place;
lists run over suppliers, categories and so on in the order of the dims. There is no ledger here: what
is still to come is a list of dated items. `world` puts it together.
"""
