"""To and from other programs, each of which needs its own package, and says so.

tables    a run as a long table of pandas, polars or Arrow
points    outcomes at points that another program has chosen
ema       the EMA workbench: a run as experiments and outcomes; the model, and an evaluator for all at once
salib     the uncertain parameters as a problem of SALib
arviz     draws and outcomes as a DataTree that ArviZ reads
"""

from sim.exchange.arviz import to_datatree
from sim.exchange.ema import ema_evaluator, ema_model, to_ema
from sim.exchange.points import outcomes_at
from sim.exchange.salib import salib_problem
from sim.exchange.tables import to_arrow, to_pandas, to_polars

__all__ = [
    "ema_evaluator",
    "ema_model",
    "outcomes_at",
    "salib_problem",
    "to_arrow",
    "to_datatree",
    "to_ema",
    "to_pandas",
    "to_polars",
]
