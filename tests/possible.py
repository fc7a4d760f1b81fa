"""What the variables of the model can be: their bounds, wholes and parts."""

from __future__ import annotations

import numpy as np

from observed import BY_TERM, Call
from sim.model.mechanisms import posture
from sim.vocabulary.axes import DEFERRAL, RECIPIENT, SLOTS, TOP_RUNG
from sim.vocabulary.variables import GLOSSARY

#: unit -> least and greatest value; for a name, instead of its unit.
LIMITS: dict[str, tuple[float, float]] = {
    "share": (0.0, 1.0),
    "0/1": (0.0, 1.0),
    "index": (0.0, 1.0),
    "count": (0.0, np.inf),
    "orders": (0.0, np.inf),
    "quarters": (0.0, np.inf),
    "TIV m": (0.0, np.inf),
    "US$ m": (0.0, np.inf),
    "US$ m/year": (0.0, np.inf),
    "ratio": (0.0, np.inf),
    "logit": (-np.inf, np.inf),
    "log": (-np.inf, np.inf),
    "s.d.": (-np.inf, np.inf),
    "label": (-2.0, np.inf),
    "tilt": (-1.0, 1.0),
    "relation": (-1.0, 1.0),
    "mean_relation": (-1.0, 1.0),
    "mean_relation_at_start": (-1.0, 1.0),
    "pressure_at_start": (0.0, np.inf),
    "relation_jump": (-np.inf, np.inf),
    "payoff": (-np.inf, np.inf),
    "alarm": (0.0, np.inf),
    "outside_gain": (-np.inf, np.inf),
    "bond_step_taken": (-1.0, 1.0),
    "attention_between": (0.0, 3.0),
    "attention_at_start": (0.0, 3.0),
    "courting_at_start": (0.0, 3.0),
    "purse_load": (-0.5, np.inf),
    "grant_notice": (0.0, np.inf),
    "posture": (posture.LEVELS[0], posture.LEVELS[-1]),
    "rung": (0.0, TOP_RUNG),
    "negotiation_stage": (0.0, 1.0),
    "alignment_step_taken": (-1.0, 1.0),
    "deal_count": (0.0, SLOTS),
    "deal_slot": (0.0, SLOTS - 1),
    "contract_supplier": (0.0, np.inf),
    "contract_delay": (0.0, np.inf),
    "contract_instalments": (1.0, np.inf),
}
#: Whole numbers, besides the flags and labels.
WHOLE = (
    "incidents",
    "deal_count",
    "order_count",
    "contract_delay",
    "contract_instalments",
    "posture",
    "agreement_rung",
    "export_regime",
    "government",
    "quarters_to_election",
    "negotiation_pause",
    "negotiation_stage",
    "alignment_step_taken",
)
#: Shares of a whole, over the first axis, if there is anything to share.
PARTITIONS = ("supplier_share", "order_share", "installed_share")
#: Probabilities of options, over the first axis, and the terms that are empty when nothing was decided.
PROBABILITIES = {"posture_probability": "posture_terms", "alignment_probability": "alignment_terms"}
#: Rounding, as part of the largest number of the array.
ROUNDING = 1e-9


def limits(name: str, call: Call) -> tuple[float, float]:
    """Return the least and greatest value of a variable."""
    if name in ("deal_trial", "contract_trial"):
        return 0.0, call.n_trials - 1.0
    if name == "export_regime":
        return 0.0, call.sizes["regime"] - 1.0
    return LIMITS[name] if name in LIMITS else LIMITS[GLOSSARY[name].unit]


def check_possible(call: Call) -> None:
    """Check shape, finiteness and bounds of what a stage wrote."""
    for name, value in call.written.items():
        where = f"{call.stage.name} wrote {name}, {call.when}"
        if name in BY_TERM:
            shape = call.shape(name)
            for term, each in value.items():
                assert np.broadcast_shapes(each.shape, shape) == shape, f"{where}, {term}"
                assert np.isfinite(each).all(), f"{where}, {term}"
            continue
        assert value.shape == call.shape(name), where
        assert np.isfinite(value).all(), where
        unit = GLOSSARY[name].unit
        low, high = limits(name, call)
        slack = ROUNDING * max(1.0, np.abs(value).max(initial=0.0))
        assert value.min(initial=low) >= low - slack, f"{where}: {value.min()}"
        assert value.max(initial=low) <= high + slack, f"{where}: {value.max()}"
        if name in WHOLE or unit in ("0/1", "label"):
            assert (value == np.floor(value)).all(), where
        if name in PARTITIONS:
            whole = value.sum(axis=0)
            assert (np.isclose(whole, 1.0, rtol=0, atol=1e-9) | (whole == 0.0)).all(), where
        if name in PROBABILITIES:
            is_decided = bool(call.written[PROBABILITIES[name]])
            np.testing.assert_allclose(
                value.sum(axis=0), float(is_decided), rtol=0, atol=1e-12, err_msg=where
            )
        if name == "deal_supplier":
            options = call.written["deal_options"]
            option = np.where(value >= 0, value, len(options) - 2 + (value == DEFERRAL))
            is_open = options[option, np.arange(len(value))] > 0
            assert (is_open | (options.sum(axis=0) == 0.0)).all(), f"{where}: what was not on offer"
        if name == "relation":
            among_partners = value[RECIPIENT + 1 :]
            assert (among_partners == among_partners.swapaxes(0, 1)).all(), f"{where}: not symmetric"
            assert (among_partners.diagonal() == 0.0).all(), f"{where}: with itself"
