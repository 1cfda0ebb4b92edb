"""`omero fs usage`: sizes as text, and the table. Expected values are what omero-py 5.23 prints."""

import pytest

import omero.cmd
from omero.api import LongPair
from omero_cli.commands.fs import configure
from omero_cli.disk_usage import _request, _rows, _table, size_text
from omero_cli.framework import Arguments, CommandError, Parser

ANN, BOB, ELSEWHERE = LongPair(2, 3), LongPair(10, 3), LongPair(2, 1)
ANSWER = omero.cmd.DiskUsage2Response(
    {
        ANN: {"FilesetEntry": 3, "Thumbnail": 12},
        BOB: {"FilesetEntry": 1},
        ELSEWHERE: {"Pixels": 2, "FileAnnotation": 1},
    },
    {
        ANN: {"FilesetEntry": 3000000, "Thumbnail": 1234},
        BOB: {"FilesetEntry": 1048576},
        ELSEWHERE: {"Pixels": 512, "FileAnnotation": 5},
    },
    {ANN: 14, BOB: 1, ELSEWHERE: 3},
    {ANN: 3001200, BOB: 1048576, ELSEWHERE: 517},
)


@pytest.mark.parametrize(
    ("size", "units", "human", "text"),
    [
        (0, None, False, "0"),
        (4050293, None, False, "4050293"),
        (4050293, "M", False, "3.9"),
        (4050293, "K", False, "3955.4"),
        (0, None, True, "0 B"),
        (1023, None, True, "1023 B"),
        (1024, None, True, "1.0 KB"),
        (4050293, None, True, "3.0 MB"),
        (5 * 1024**5, None, True, "5.0 PB"),
        (3000 * 1024**5, None, True, "3000.0 PB"),
    ],
)
def test_sizes(size: int, units: str | None, human: bool, text: str) -> None:
    assert size_text(size, units, human) == text


def test_sizes_with_their_unit() -> None:
    assert size_text(4050293, "M", False, unit=True) == "3.9 MiB"


def table(*words: str) -> list[list[str]]:
    """Headers and rows that `fs usage --report` prints."""
    parser = Parser()
    configure(parser)
    args = parser.parse_args(["usage", "--report", "--style", "csv", *words], Arguments())
    lines = str(_table(args, _rows(ANSWER, args.sum_by or ("user", "group", "component")))).splitlines()
    return [line.split(",") for line in lines]


def test_table() -> None:
    assert table() == [
        ["user", "group", "component", "size (bytes)", "files"],
        ["2", "1", "FileAnnotation", "5", "1"],
        ["2", "1", "Pixels", "512", "2"],
        ["2", "3", "FilesetEntry", "3000000", "3"],
        ["2", "3", "Thumbnail", "1234", "12"],
        ["10", "3", "FilesetEntry", "1048576", "1"],
    ]


def test_sums_count_each_file_once_unless_components_are_told_apart() -> None:
    assert table("--sum-by", "user")[1:] == [["2", "3001717", "17"], ["10", "1048576", "1"]]
    assert table("--sum-by", "group", "user")[1:] == [
        ["1", "2", "517", "3"], ["3", "2", "3001200", "14"], ["3", "10", "1048576", "1"],
    ]  # fmt: skip
    assert table("--sum-by", "component")[1] == ["FileAnnotation", "5", "1"]
    assert ["FilesetEntry", "4048576", "4"] in table("--sum-by", "component")


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (["--sort-by", "size"], ["1", "2", "12", "1", "3"]),
        (["--sort-by", "files", "user", "--reverse"], ["12", "3", "2", "1", "1"]),
        (["--sort-by", "user", "--reverse"], ["1", "1", "2", "3", "12"]),
    ],
)
def test_order(words: list[str], files: list[str]) -> None:
    assert [row[-1] for row in table(*words)[1:]] == files


def test_order_by_a_column_that_is_not_there() -> None:
    assert table("--sum-by", "user", "--sort-by", "component") == table("--sum-by", "user")


def test_units_in_the_table() -> None:
    assert table("--units", "M")[0][-2:] == ["size (MiB)", "files"]
    assert table("--human-readable")[0][-2:] == ["size", "files"]
    assert table("--human-readable")[-1][-2:] == ["1.0 MB", "1"]


def test_objects() -> None:
    request = _request(["Image:1,2", "/Dataset:5-6", "Image:9", "Project:*"])
    assert request.targetObjects == {"Image": [1, 2, 9], "Dataset": [5, 6]} and request.targetClasses == ["Project"]
    assert _request([]) is None


@pytest.mark.parametrize("text", ["nonsense", "Image:", "Image:x", ":*", "A b:*", "Project/Image:1", "Project/Image:*"])
def test_wrong_objects(text: str) -> None:
    with pytest.raises(CommandError, match="Bad object"):
        _request([text])
