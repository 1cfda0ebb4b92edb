"""The text of original metadata that servers before filesets attached to images."""

from __future__ import annotations

__all__ = ["parse_companion"]

GENERAL, SERIES = "[GlobalMetadata]", "[SeriesMetadata]"
OPENING, CLOSING = "([{", ")]}"


def parse_companion(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Keys and values of the sections [GlobalMetadata] and [SeriesMetadata]; other lines are passed over."""
    sections: dict[str, dict[str, str]] = {GENERAL: {}, SERIES: {}}
    current: dict[str, str] | None = None
    for line in map(str.strip, text.splitlines()):
        if line in sections:
            current = sections[line]
        elif current is not None and (place := _divide(line)) is not None:
            current[line[:place].strip()] = line[place + 1 :].strip()
    return sections[GENERAL], sections[SERIES]


def _divide(line: str) -> int | None:
    """Place of the last of those equals signs that stand in the fewest brackets; keys may hold such signs."""
    depth, best, place = 0, 0, None
    for at, sign in enumerate(line):
        if sign in OPENING:
            depth += 1
        elif sign in CLOSING:
            depth -= 1
        elif sign == "=" and (place is None or depth <= best):
            best, place = depth, at
    return place
