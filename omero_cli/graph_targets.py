"""What commands on whole graphs of objects work on: `Image:1,5-7`, `Project/Image:3`; and ids as they are printed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Target", "id_ranges", "parse_target"]

_ID = r"\d{1,18}"
_TARGET = re.compile(rf"/?(?P<path>\w+(?:/\w+)*):(?P<ids>{_ID}(?:-{_ID})?(?:,{_ID}(?:-{_ID})?)*)", re.ASCII)


@dataclass(frozen=True)
class Target:
    """One argument: `Image:1,5-7`, or `Project/Image:3` for the images in project 3. `ranged`: one part was a range."""

    path: tuple[str, ...]
    ids: tuple[int, ...]
    ranged: bool = False


def parse_target(text: str) -> Target:
    """The target that an argument names. ValueError for a wrong one."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise ValueError(text)
    ids: list[int] = []
    for part in found["ids"].split(","):
        first, dash, last = part.partition("-")
        if dash and int(last) < int(first):
            raise ValueError(text)
        ids += range(int(first), int(last or first) + 1)
    return Target(tuple(found["path"].split("/")), tuple(ids), "-" in found["ids"])


# argparse names the type in its error message.
parse_target.__name__ = "argument"


def id_ranges(ids: Iterable[int]) -> str:
    """`1-3,5,9,10`: three and more in a row are shortened."""
    runs: list[list[int]] = []
    for number in sorted(set(ids)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)
