"""How a figure is printed: one JSON line, always with the floor that was measured in the same run."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

__all__ = ["print_figure", "rate"]


def rate(work: Callable[[], object], seconds: float = 2.0) -> float:
    """How often per second ``work`` runs; one run before the clock starts."""
    work()
    count, started = 0, time.perf_counter()
    while (passed := time.perf_counter() - started) < seconds:
        work()
        count += 1
    return count / passed


def print_figure(figure: str, unit: str, ours: float, floor: float | None = None, **more: object) -> None:
    """Print a figure. ``ratio`` is ours over the floor; without a floor the figure stands for itself."""
    line: dict[str, object] = {"figure": figure, "unit": unit, "ours": round(ours, 3)}
    if floor is not None:
        line |= {"floor": round(floor, 3), "ratio": round(ours / floor, 3)}
    print(json.dumps(line | more), flush=True)
