"""From targets and rules to a plan: what becomes of every object around."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from omero_server.graphs.abilities import Abilities
from omero_server.graphs.errors import GraphError
from omero_server.graphs.matching import Match, Matcher
from omero_server.graphs.nodes import Graph, Node
from omero_server.graphs.options import ChildOption
from omero_server.graphs.policy import KEEP, Operation, Plan
from omero_server.model.schema import ModelClass

__all__ = ["Planner"]

ALLOWED = {
    Plan.UNASKED: frozenset((Plan.OPEN, Plan.LOOSE, Plan.HELD, Plan.REMOVE, Plan.PROCESS, Plan.IGNORE)),
    Plan.OPEN: frozenset((Plan.LOOSE, Plan.HELD, Plan.REMOVE, Plan.PROCESS, Plan.IGNORE)),
    Plan.LOOSE: frozenset((Plan.REMOVE, Plan.PROCESS, Plan.IGNORE)),
    Plan.HELD: frozenset((Plan.REMOVE, Plan.PROCESS, Plan.IGNORE)),
    Plan.REMOVE: frozenset((Plan.PROCESS,)),
}
"""The changes of plan that a rule can make; asking for any other changes nothing."""


class Planner:
    """Applies the rules of an operation until nothing changes any more.

    needs: what the caller must be able to do with an object that a child option includes, if anything. ignored: classes
    that are left out completely. frozen: classes of which only the targets change their plan. ends: classes of objects
    that come along, or are targets, with nothing of theirs. check: called between rounds; raises to stop.
    """

    def __init__(
        self, operation: Operation, graph: Graph, abilities: Abilities, *, needs: str | None,
        options: Sequence[ChildOption] = (), ignored: Collection[ModelClass] = (), frozen: Collection[ModelClass] = (),
        ends: Collection[ModelClass] = (), check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        self.operation = operation
        self.graph = graph
        self.abilities = abilities
        self._needs = needs
        self._options = options
        self._ignored = ignored
        self._frozen = frozen
        self._ends = ends
        self._check = check
        self.touched: dict[Node, None] = {}
        self._tiers = sorted({rule.tier for rule in operation.rules if not rule.veto})
        self._matchers = {
            tier: Matcher(graph, abilities, [r for r in operation.rules if r.tier == tier and not r.veto])
            for tier in self._tiers
        }
        self._targets: dict[Node, None] = {}
        self._pending: dict[int, dict[Node, None]] = {tier: {} for tier in self._tiers}
        self._open: dict[Node, None] = {}
        self._held: dict[Node, None] = {}

    def plan(self, targets: Iterable[Node], looked_at: Iterable[Node] = ()) -> None:
        """Give every object its plan, beginning with the targets, and with others whose rules get a turn."""
        self._targets = dict.fromkeys(targets)
        for node in self._targets:
            self._set(node, self.operation.goal)
        for node in looked_at:
            self._touch(node)
        self._settle()
        while self._held:
            before = list(self._held)
            for node in before:
                self._reopen(node)
            self._settle()
            if all(node in self._held for node in before):
                return

    def with_plan(self, *plans: Plan) -> list[Node]:
        """The touched objects that have one of the plans: targets first, then by class and id."""
        found = (node for node in self.touched if node.plan in plans)
        return sorted(found, key=lambda node: (node not in self._targets, node.cls.name, node.id))

    def check_vetoes(self) -> None:
        """Raises GraphError when a rule forbids the plan."""
        matches = Matcher(self.graph, self.abilities, self.operation.vetoes).find(self.touched, first=True)
        messages = [(m.rule.veto or "").format(**m.nodes) for m in matches]
        if messages:
            raise GraphError(min(messages, key=lambda text: (len(text), text)))

    def _settle(self) -> None:
        """Apply rules until none fires and nothing is open."""
        while True:
            while self._round():
                self._check()
            if not self._open:
                return
            for node in list(self._open):
                self._set(node, Plan.LOOSE)

    def _round(self) -> bool:
        """Apply the matches of the lowest tier that has any; whether something changed."""
        for tier in self._tiers:
            nodes, self._pending[tier] = self._pending[tier], {}
            matcher = self._matchers[tier]
            # All matches are applied, so each must be looked at again: the one before may have changed its objects.
            changed = [self._apply(match) for match in matcher.find(nodes) if matcher.holds(match)]
            if any(changed):
                return True
        return False

    def _apply(self, match: Match) -> bool:
        changed = False
        # A link goes whoever owns it; that says nothing about what it ties together.
        waived = any(node.waived and not node.cls.is_link for node in match.nodes.values())
        for name, plan in match.rule.changes.items():
            node = match.nodes[name]
            if plan is None:
                if node not in self.touched:
                    self._touch(node)
            elif plan in ALLOWED.get(node.plan, ()) and node.cls not in self._frozen:
                self._set(node, plan)
                node.waived |= waived
                changed = True
        for name in match.rule.waive:
            match.nodes[name].waived = True
        return changed

    def _set(self, node: Node, plan: Plan) -> None:
        leaves = plan not in KEEP
        if node.cls in self._ignored and not leaves:
            plan = Plan.IGNORE
        elif plan is Plan.OPEN:
            plan = self._verdict(node) or plan
        self._open.pop(node, None)
        self._held.pop(node, None)
        self.graph.give(node, plan)
        if plan is Plan.OPEN:
            self._open[node] = None
        elif plan is Plan.HELD:
            self._held[node] = None
        self._touch(node)
        if leaves and self._held:
            for neighbour in list(self.graph.known_neighbours(node)):
                if neighbour.plan is Plan.HELD:
                    self._reopen(neighbour)

    def _reopen(self, node: Node) -> None:
        """Give a held object another chance."""
        if node.plan is Plan.HELD:
            self._set(node, Plan.OPEN)

    def _verdict(self, node: Node) -> Plan | None:
        """What the first child option that concerns the object says."""
        if not self._options:
            return None
        permitted = self._needs is None or self.abilities.may(self._needs, node)
        verdicts = (option.verdict(node, permitted) for option in self._options)
        return next((one for one in verdicts if one), None)

    def _touch(self, node: Node) -> None:
        self.touched[node] = None
        goes_on = node.plan in KEEP or node.cls not in self._ends
        for pending in self._pending.values():
            if goes_on:
                pending[node] = None
            else:
                pending.pop(node, None)
