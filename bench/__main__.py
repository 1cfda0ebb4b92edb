"""All figures: ``python -m bench`` (or ``make bench``); name modules to run only those."""

from __future__ import annotations

import sys
from importlib import import_module

MODULES = (
    "startup", "calls", "objects", "planes", "tiles", "viewers", "soak", "large", "imports", "metadata", "graphs",
)  # fmt: skip


def main() -> None:
    """Run the named modules' ``main``, or all of them."""
    for name in sys.argv[1:] or MODULES:
        sys.argv = [name]
        import_module(f"bench.{name}").main()


if __name__ == "__main__":
    main()
