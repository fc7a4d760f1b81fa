"""``python -m sim.cli``."""

import sys

from sim.cli import main

sys.argv[0] = "sim"
main()
