"""Entry point of ``dev/cli``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from devenv.commands import main  # noqa: E402  (the path is set above)

if __name__ == "__main__":
    sys.exit(main())
