"""What the random tests have in common: how long they run, from which seed, and what
they say of it. ``dev/devenv/pytest_checks.py`` shows their lines below the results."""

import os
import sys
from random import randrange

from hypothesis import HealthCheck, Phase, settings

# How many times as long as in ``make test``.
SOAK = int(os.environ.get("SKYDROP_SOAK", "1"))
# A long run looks elsewhere each time.
SEED = int(
    os.environ.get("SKYDROP_SEED") or (20261124 if SOAK == 1 else randrange(10**6))
)


def random_settings(examples, **others):
    """:param int examples: how many in ``make test``
    :return: hypothesis' settings; give ``seed(SEED)`` beside them
    """
    return settings(
        max_examples=examples * SOAK,
        deadline=None,
        # Shrinking takes minutes: the failing case is printed as it is.
        phases=(Phase.explicit, Phase.generate),
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        **others,
    )


def tell(what, counts):
    """Say what was tried, and how often."""
    told = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"seed {SEED}: {what}: {told}\n")
