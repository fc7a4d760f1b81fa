"""A disaster makes need, which fades."""

from __future__ import annotations


def start(w):
    w.disaster_need = 0.0


def step(w):
    w.disaster = 1.0 if w.disaster_shock < w.disaster_chance else 0.0
    w.disaster_need = max(w.disaster_need * w.need_kept, w.disaster)
