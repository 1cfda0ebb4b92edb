"""Why a graph operation is refused."""

from __future__ import annotations

__all__ = ["BadClass", "BadOptions", "BadPlan", "BadTarget", "GraphError", "InTheWay", "UnknownClass"]


class GraphError(Exception):
    """The operation cannot be done as asked. The message names the objects as ``Image[12]``."""


class UnknownClass(Exception):
    """A class name that the model does not have."""


class BadTarget(Exception):
    """Objects of this class cannot be targets of the operation."""


class InTheWay(GraphError):
    """Something that the plan does not know refers to what should go: nobody may see it, or it was added just now."""


class BadClass(Exception):
    """A duplication's lists of classes contradict each other, or name a class that the model does not have."""


class BadPlan(Exception):
    """The rules would remove something in an operation that only looks or copies."""


class BadOptions(Exception):
    """What is to be found is not said, or cannot be found."""
