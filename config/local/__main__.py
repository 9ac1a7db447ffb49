"""`python -m config.local run` and `python -m config.local prepare`."""

from __future__ import annotations

import sys


def main() -> int:
    """Dispatch; the exit status of the part."""
    match sys.argv[1:]:
        case ["run"]:
            from config.local.run import main as part
        case ["prepare"]:
            from config.local.prepare import main as part
        case _:
            print("usage: python -m config.local run", file=sys.stderr)
            return 2
    return part()


if __name__ == "__main__":
    sys.exit(main())
