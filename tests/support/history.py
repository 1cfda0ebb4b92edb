"""What clients did at the same time, and whether one order of doing it one after the other explains every answer.

Each client notes every call with the times of its start and end. Times are of one clock for all processes of the
machine, so a call that ended before another began must come before it in the order.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

__all__ = ["Entry", "Register", "check_links", "check_registers", "load"]

NEVER = math.inf


@dataclass
class Entry:
    """One call. kind: "write", "conflict" (refused as outdated), "read", "link", "refused link", "unlink", "refused
    unlink", "list" or "failed".

    For objects that are changed: ``key`` names the object, ``seen`` and ``made`` are the update events read and
    written, ``value`` is the content. For links: ``key`` is "parent-child-owner", ``value`` the link's id; of a list,
    ``key`` is the parent and ``value`` the ids found.
    """

    client: int
    kind: str
    key: str
    start: float
    end: float
    seen: int | None = None
    made: int | None = None
    value: Any = None
    message: str = ""


def load(paths: Iterable[Path]) -> list[Entry]:
    """The entries of all clients, one JSON object a line, by the time of their start."""
    found = [Entry(**json.loads(line)) for path in paths for line in path.read_text().splitlines()]
    return sorted(found, key=lambda entry: entry.start)


def line(entry: Entry) -> str:
    """An entry as ``load`` reads it."""
    return json.dumps(asdict(entry)) + "\n"


@dataclass
class Register:
    """An object's life: its update event and value at the beginning and at the end."""

    event: int
    value: Any
    last_event: int
    last_value: Any
    entries: list[Entry] = field(default_factory=list)


def check_registers(registers: dict[str, Register], entries: Iterable[Entry]) -> Iterator[str]:
    """What is wrong with the changes of these objects, in words."""
    for entry in entries:
        if entry.key in registers:
            registers[entry.key].entries.append(entry)
    for key, register in registers.items():
        yield from (f"{key}: {problem}" for problem in _check_register(register))


def _check_register(register: Register) -> Iterator[str]:
    following: dict[int, list[Entry]] = defaultdict(list)
    for entry in register.entries:
        if entry.kind == "write":
            assert entry.seen is not None
            following[entry.seen].append(entry)
    chain = [(register.event, register.value, -NEVER, -NEVER)]
    while chain[-1][0] in following:
        writers = following.pop(chain[-1][0])
        if len(writers) > 1:
            yield f"lost update: {len(writers)} clients replaced event {chain[-1][0]}: {writers}"
        writer = writers[0]
        assert writer.made is not None
        chain.append((writer.made, writer.value, writer.start, writer.end))
    if following:
        yield f"changes of versions that nobody wrote: {dict(following)}"
    if (chain[-1][0], chain[-1][1]) != (register.last_event, register.last_value):
        yield f"the last change was {chain[-1][:2]}, the database has {register.last_event}, {register.last_value!r}"
    for earlier, later in pairwise(chain):
        if later[3] < earlier[2]:
            yield f"event {later[0]} replaced {earlier[0]}, but ended before that began"
    yield from _check_answers(register, chain)


def _check_answers(register: Register, chain: list[tuple[int, Any, float, float]]) -> Iterator[str]:
    """Reads and refusals against the chain of changes: (event, value, start, end) each."""
    place = {event: index for index, (event, *_) in enumerate(chain)}
    begins = [start for _, _, start, _ in chain] + [NEVER]
    ends = [end for *_, end in chain] + [NEVER]
    for entry in register.entries:
        if entry.kind not in ("read", "conflict"):
            continue
        if entry.seen not in place:
            yield f"client {entry.client} saw event {entry.seen}, which never was"
            continue
        index = place[entry.seen]
        if entry.kind == "conflict":
            if begins[index + 1] > entry.end:
                yield f"client {entry.client} was refused although event {entry.seen} was the last: {entry}"
            continue
        if entry.value != chain[index][1]:
            yield f"client {entry.client} saw {entry.value!r} with event {entry.seen}, which wrote {chain[index][1]!r}"
        if begins[index] > entry.end:
            yield f"client {entry.client} saw event {entry.seen} before it was begun"
        if ends[index + 1] < entry.start:
            yield f"client {entry.client} saw event {entry.seen}, although the next had been acknowledged: {entry}"
    yield from _check_monotone(register, place)


def _check_monotone(register: Register, place: dict[int, int]) -> Iterator[str]:
    """No client sees an older state after a newer one, nor after somebody else's read has ended."""
    reads = [e for e in register.entries if e.kind == "read" and e.seen in place]
    ended = sorted(reads, key=lambda e: e.end)
    newest, next_ended = -1, 0
    for entry in sorted(reads, key=lambda e: e.start):
        while next_ended < len(ended) and ended[next_ended].end < entry.start:
            newest = max(newest, place[ended[next_ended].seen or 0])
            next_ended += 1
        if place[entry.seen or 0] < newest:
            yield f"client {entry.client} saw event {entry.seen} after another read had seen a newer one"


@dataclass
class _Link:
    key: str
    made: Entry
    gone: Entry | None = None

    @property
    def surely(self) -> tuple[float, float]:
        """Between these times it certainly existed."""
        return self.made.end, self.gone.start if self.gone else NEVER

    @property
    def possibly(self) -> tuple[float, float]:
        """Only between these times it can have existed."""
        return self.made.start, self.gone.end if self.gone else NEVER


def check_links(entries: list[Entry], left: set[str]) -> Iterator[str]:
    """What is wrong with the links that were made, deleted and listed. ``left``: ids of links in the end."""
    links = {entry.value: _Link(entry.key, entry) for entry in entries if entry.kind == "link"}
    for entry in entries:
        if entry.kind == "unlink":
            link = links.get(entry.value)
            if link is None or link.gone is not None:
                yield f"link {entry.value} was deleted twice, or never made: {entry}"
            else:
                link.gone = entry
    expected = {link_id for link_id, link in links.items() if link.gone is None}
    if expected != left:
        yield f"links {sorted(left ^ expected)[:20]} are there or not, against what clients were told"
    by_key: dict[str, list[_Link]] = defaultdict(list)
    for link in links.values():
        by_key[link.key].append(link)
    for key, same in by_key.items():
        yield from (f"{key}: {problem}" for problem in _check_unique(same))
    for entry in entries:
        yield from _check_link_answer(entry, links, by_key)


def _check_unique(links: list[_Link]) -> Iterator[str]:
    """Links with the same ends and owner cannot exist at the same time."""
    ordered = sorted(links, key=lambda link: link.surely)
    for earlier, later in pairwise(ordered):
        if earlier.surely[1] > later.surely[0]:
            yield f"two at the same time: {earlier} and {later}"


def _check_link_answer(entry: Entry, links: dict[str, _Link], by_key: dict[str, list[_Link]]) -> Iterator[str]:
    if entry.kind == "refused link":
        spans = (link.possibly for link in by_key[entry.key])
        if not any(start < entry.end and end > entry.start for start, end in spans):
            yield f"refused as a duplicate although there was none: {entry}"
    elif entry.kind == "refused unlink":
        link = links[entry.value]
        if link.gone is None or link.gone.start > entry.end:
            yield f"refused to delete a link that was there: {entry}"
    elif entry.kind == "list":
        found = set(entry.value)
        for link_id, link in links.items():
            if link.key.split("-")[0] != entry.key:
                continue
            if link_id in found and not (link.possibly[0] < entry.end and link.possibly[1] > entry.start):
                yield f"client {entry.client} was shown link {link_id} when it cannot have been there"
            if link_id not in found and link.surely[0] < entry.start and link.surely[1] > entry.end:
                yield f"client {entry.client} was not shown link {link_id}, which was there"
