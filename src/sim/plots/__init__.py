"""Figures: functions of datasets that return matplotlib Axes, of several panels an array of them.

They draw into `ax` if it is given, else into a figure of their own.

They run nothing and show nothing. The style is applied while a figure is made and while it is saved, and
nowhere else; there is no pyplot.
"""

from sim.plots.composition_chart import composition
from sim.plots.decision_chart import decision
from sim.plots.difference_chart import difference_fan
from sim.plots.discovery_chart import box_limits, trade_off
from sim.plots.driver_charts import morris, pawn, shapley, tornado, worth
from sim.plots.fan_chart import fan
from sim.plots.forest_chart import forest
from sim.plots.gallery import gallery
from sim.plots.map_chart import supplier_map
from sim.plots.network_chart import network
from sim.plots.odds_chart import experts
from sim.plots.order_book_chart import order_book
from sim.plots.overlay_chart import overlay, passage_curves
from sim.plots.panel_chart import pit
from sim.plots.ranking_chart import ranking
from sim.plots.robustness_chart import criteria_map
from sim.plots.search_chart import search
from sim.plots.sensitivity_chart import sensitivity, spread
from sim.plots.signposts_chart import signposts
from sim.plots.style import save
from sim.plots.themes import theme
from sim.plots.threshold_chart import response
from sim.plots.timeline_chart import timeline
from sim.plots.triangle_chart import alignment_triangle

__all__ = [
    "alignment_triangle",
    "box_limits",
    "composition",
    "criteria_map",
    "decision",
    "difference_fan",
    "experts",
    "fan",
    "forest",
    "gallery",
    "morris",
    "network",
    "order_book",
    "overlay",
    "passage_curves",
    "pawn",
    "pit",
    "ranking",
    "response",
    "save",
    "search",
    "sensitivity",
    "shapley",
    "signposts",
    "spread",
    "supplier_map",
    "theme",
    "timeline",
    "tornado",
    "trade_off",
    "worth",
]
