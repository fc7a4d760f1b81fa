"""Peak memory of a whole run, in a process of its own.

``python -m benchmarks.memory TRIALS [SCENARIO]`` runs and prints the peak in MiB.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import sim

#: ru_maxrss counts bytes there, and KiB elsewhere.
PER_MIB = 2**20 if sys.platform == "darwin" else 2**10


def peak(n_trials: int, scenario: str) -> float:
    """Return the peak memory in MiB of a new process that runs `sim.run`."""
    command = [sys.executable, "-m", "benchmarks.memory", str(n_trials), scenario]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent
    )
    return float(done.stdout)


if __name__ == "__main__":
    runs = sim.run(sys.argv[2], trials=int(sys.argv[1]), seed=1)
    assert runs.sizes["trial"] == int(sys.argv[1])
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / PER_MIB)
