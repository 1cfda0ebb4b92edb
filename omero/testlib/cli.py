"""Base classes of tests of the command line."""

from __future__ import annotations

from typing import Any

import omero
import omero.model
from omero.rtypes import rstring
from omero.testlib import ITest

__all__ = [
    "AbstractCLITest",
    "ArgumentFixture",
    "CLITest",
    "GroupFixtures",
    "GroupIdNameFixtures",
    "RootCLITest",
    "UserFixtures",
    "UserIdNameFixtures",
    "get_group_ids",
    "get_user_ids",
]


class AbstractCLITest(ITest):
    """A test with a command line (``self.cli``), which knows all commands."""

    cli: Any
    args: list[str]

    @classmethod
    def setup_class(cls) -> None:
        """Log in, and make the command line."""
        from omero.cli import CLI

        super().setup_class()
        cls.cli = CLI()
        cls.cli.loadplugins()

    def setup_mock(self) -> None:
        """For tests that put something in place of parts of the command line."""

    def teardown_mock(self) -> None:
        """The end of such a test."""


class CLITest(AbstractCLITest):
    """``self.args`` logs in as the test's user."""

    def setup_method(self, method: Any) -> None:
        """Begin the arguments of each test."""
        self.args = self.login_args()

    def create_object(self, object_type: str, name: str = "") -> Any:
        """The id of a new object of a class, with a name where there are any."""
        made = getattr(omero.model, f"{object_type}I")()
        if hasattr(type(made), "setName"):
            made.setName(rstring(name))
        return self.update.saveAndReturnObject(made).id.val

    def simpleHierarchy(self) -> tuple[Any, Any, Any]:
        """(project, dataset, image), one in the other."""
        project, dataset, image = self.make_project(), self.make_dataset(), self.make_image()
        self.link(project, dataset)
        self.link(dataset, image)
        return project, dataset, image


class RootCLITest(AbstractCLITest):
    """``self.args`` logs in as root."""

    def setup_method(self, method: Any) -> None:
        """Begin the arguments of each test."""
        self.args = self.root_login_args()


class ArgumentFixture:
    """How a command is told a user or group: by an attribute, after an option or alone."""

    def __init__(self, prefix: str | None, attr: str) -> None:
        self.prefix = prefix
        self.attr = attr

    def get_arguments(self, obj: Any) -> list[str]:
        """The arguments for an object."""
        before = [self.prefix] if self.prefix else []
        return [*before, str(getattr(obj, self.attr).val)]

    def __repr__(self) -> str:
        return self.prefix or self.attr


GroupIdNameFixtures = (ArgumentFixture("--id", "id"), ArgumentFixture("--name", "name"))
GroupFixtures = (
    ArgumentFixture(None, "id"),
    ArgumentFixture(None, "name"),
    ArgumentFixture("--group-id", "id"),
    ArgumentFixture("--group-name", "name"),
)
UserIdNameFixtures = (ArgumentFixture("--id", "id"), ArgumentFixture("--name", "omeName"))
UserFixtures = (
    ArgumentFixture(None, "id"),
    ArgumentFixture(None, "omeName"),
    ArgumentFixture("--user-id", "id"),
    ArgumentFixture("--user-name", "omeName"),
)


def get_user_ids(out: str, sort_key: str | None = None) -> list[int]:
    """The ids in a table of users, which is sorted by ``sort_key``: id, login, first-name, last-name or email."""
    return _ids(out, {"id": 0, "login": 1, "first-name": 2, "last-name": 3, "email": 4}, sort_key)


def get_group_ids(out: str, sort_key: str | None = None) -> list[int]:
    """The ids in a table of groups, which is sorted by ``sort_key``: id or name."""
    return _ids(out, {"id": 0, "name": 1}, sort_key)


def _ids(out: str, columns: dict[str, int], sort_key: str | None) -> list[int]:
    rows = [[cell.strip() for cell in line.split("|")] for line in out.splitlines() if "|" in line]
    rows = [row for row in rows if row[0].isdigit()]
    if sort_key:
        values: list[Any] = [row[columns[sort_key]] for row in rows]
        values = [int(value) for value in values] if sort_key == "id" else values
        assert values == sorted(values), f"not sorted by {sort_key}: {values}"
    return [int(row[0]) for row in rows]
