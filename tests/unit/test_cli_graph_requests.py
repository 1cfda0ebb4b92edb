"""What the commands on graphs of objects make of their arguments: targets, and the requests that they send."""

from typing import Any

import pytest

import omero.cmd
from omero_cli.framework import Arguments, Parser
from omero_cli.graph_targets import Target, id_ranges, parse_target
from omero_cli.graphs import GraphCommand, class_names, graph_arguments

DELETE = GraphCommand("Delete2", {}, excluded=("TagAnnotation", "TermAnnotation", "FileAnnotation"))
GIVE = GraphCommand("Chown2", {}, values={"userId": 9}, gives=True)


@pytest.mark.parametrize(
    ("text", "path", "ids", "ranged"),
    [
        ("Image:1", ("Image",), (1,), False),
        ("Image:3,1-2", ("Image",), (3, 1, 2), True),
        ("Image:53-56,65,101-102", ("Image",), (53, 54, 55, 56, 65, 101, 102), True),
        ("Project/Dataset/Image:5", ("Project", "Dataset", "Image"), (5,), False),
        ("/Image:7-7", ("Image",), (7,), True),
    ],
)
def test_targets(text: str, path: tuple[str, ...], ids: tuple[int, ...], ranged: bool) -> None:
    assert parse_target(text) == Target(path, ids, ranged)


WRONG = ["Image", "Image:", "Image:x", "Image:2-1", "Image:+1", "Image:1,", "5", "A b:1", "", "Image:*", "Image::1"]


@pytest.mark.parametrize("text", [*WRONG, "Project//Image:1", "Image/:1", "Image:1-", "Image:-1", f"Image:{10**19}"])
def test_wrong_targets(text: str) -> None:
    with pytest.raises(ValueError):
        parse_target(text)


def test_ranges_of_ids() -> None:
    assert id_ranges([20, 1, 2, 3, 5, 9, 10]) == "1-3,5,9,10,20"
    assert id_ranges([]) == ""


def parsed(*words: str) -> Arguments:
    return graph_arguments(Parser()).parse_args(words, Arguments())


def sent(command: GraphCommand, *words: str, dry_run: bool = False) -> list[Any]:
    """The requests, as short lists: class, targets, what else is special about it, the request inside it."""
    return [told(each) for each in command.requests(parsed(*words), dry_run)]


def told(request: Any) -> list[Any]:
    kind = type(request).__name__
    if isinstance(request, omero.cmd.SkipHead):
        assert request.dryRun == request.request.dryRun and request.childOptions == request.request.childOptions
        return [kind, request.targetObjects, request.startFrom, told(request.request)]
    users = getattr(request, "targetUsers", None)
    return [kind, request.targetObjects] + ([users] if users is not None else [])


def test_plain_targets_go_together() -> None:
    assert sent(DELETE, "Image:1-2", "Dataset:5", "Image:9") == [["Delete2", {"Image": [1, 2, 9], "Dataset": [5]}]]


def test_lower_classes_follow_in_requests_of_their_own() -> None:
    words = ("Project/Dataset:3", "Dataset:4", "Project/Image:5", "Screen/Plate/Image:6", "Project/Dataset:7")
    assert sent(DELETE, *words) == [
        ["Delete2", {"Dataset": [4]}],
        ["SkipHead", {"Project": [3, 7]}, ["Dataset"], ["Delete2", {"Project": [3, 7]}]],
        ["SkipHead", {"Project": [5], "Screen": [6]}, ["Image"], ["Delete2", {"Project": [5], "Screen": [6]}]],
    ]


def test_ordered_arguments_keep_their_order() -> None:
    assert sent(DELETE, "Project/Image:3", "Dataset:4", "Image:5", "Dataset:6", "--ordered") == [
        ["SkipHead", {"Project": [3]}, ["Image"], ["Delete2", {"Project": [3]}]],
        ["Delete2", {"Dataset": [4]}],
        ["Delete2", {"Image": [5]}],
        ["Delete2", {"Dataset": [6]}],
    ]


def test_users_are_given_with_all_they_own() -> None:
    assert sent(GIVE, "Image:1", "Experimenter:2-3", "Project/Image:4") == [
        ["Chown2", {"Image": [1]}, [2, 3]],
        ["SkipHead", {"Project": [4]}, ["Image"], ["Chown2", {"Project": [4]}]],
    ]
    assert sent(GIVE, "Experimenter:2") == [["Chown2", {}, [2]]]
    assert sent(GIVE, "Experimenter:2", "Image:1", "--ordered") == [["Chown2", {}, [2]], ["Chown2", {"Image": [1]}, []]]
    assert all(request.userId == 9 for request in GIVE.requests(parsed("Image:1"), False))


def options(command: GraphCommand, *words: str) -> list[tuple[list[str], list[str]]]:
    (request,) = command.requests(parsed("Image:1", *words), False)
    return [(each.includeType, each.excludeType) for each in request.childOptions]


def test_classes_to_include_and_exclude() -> None:
    assert options(GIVE) == []
    assert options(DELETE) == [([], ["TagAnnotation", "TermAnnotation", "FileAnnotation"])]
    assert options(DELETE, "--include", "TagAnnotation,Image", "Roi", "--exclude", "Plate", "--include", "Well") == [
        (["TagAnnotation", "Image", "Roi", "Well"], ["TermAnnotation", "FileAnnotation", "Plate"])
    ]
    assert options(GIVE, "--exclude", "Image") == [([], ["Image"])]
    assert class_names([["a,b", "c,"], [",d"]]) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_dry_runs(dry_run: bool) -> None:
    requests = DELETE.requests(parsed("Image:1", "Project/Image:2"), dry_run)
    assert [request.dryRun for request in requests] == [dry_run, dry_run]
