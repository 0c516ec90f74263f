"""One group of rows, in a process of its own: ``python -m bench.one GROUP FILE``."""

import importlib
import os
import pickle
import sys
from pathlib import Path

from .variant import VARIANTS


def main(group, target):
    """Measure a group and leave its rows in a file."""
    module = importlib.import_module(f"bench.rows.{group}")
    rows = module.measure(VARIANTS[os.environ["BENCH"]])
    Path(target).write_bytes(pickle.dumps(rows))


if __name__ == "__main__":
    main(*sys.argv[1:])
