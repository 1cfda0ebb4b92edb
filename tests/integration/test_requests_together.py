"""DoAll: several requests in one transaction."""

from __future__ import annotations

from typing import Any

import pytest

import omero
import omero.api
import omero.cmd
import omero.model
from omero.rtypes import rstring
from tests.support.actors import Actor, Stage
from tests.support.instance import Instance
from tests.support.logins import rows
from tests.support.requests import answer, ended

FAILURE, CANCELLED = omero.cmd.State.FAILURE, omero.cmd.State.CANCELLED


def all_of(*requests: Any, contexts: Any = ()) -> Any:
    return omero.cmd.DoAll(list(requests), list(contexts))


def project(name: str = "p", object_id: int | None = None) -> Any:
    made = omero.model.ProjectI(object_id) if object_id else omero.model.ProjectI()
    made.name = rstring(name)
    return made


def delete(object_id: int, cls: str = "Project", **more: Any) -> Any:
    return omero.cmd.Delete2(targetObjects={cls: [object_id]}, **more)


@pytest.fixture(scope="module")
def ann(stage: Stage) -> Actor:
    return stage.ann


def there(actor: Actor, object_id: int, cls: str = "Project") -> bool:
    return actor.query.find(cls, object_id, {"omero.group": "-1"}) is not None


def test_responses_and_status_in_order(ann: Actor, stage: Stage) -> None:
    one = ann.save(project(), stage["RO"]).id.val
    request = all_of(
        delete(one), omero.cmd.Timing(3, 0), omero.api.Save(project("new")), all_of(omero.cmd.Timing(2, 0))
    )
    handle = ended(ann.sf, request, {"omero.group": str(stage["RO"])})
    response, status = handle.getResponse(), handle.getStatus()
    assert [type(each) for each in response.responses] == [
        omero.cmd.Delete2Response, omero.cmd.OK, omero.api.SaveRsp, omero.cmd.DoAllRsp,
    ]  # fmt: skip
    assert [each.steps for each in response.status] == [6, 3, 1, 2]
    assert all(each.flags == [] and each.stopTime >= each.startTime > 0 for each in response.status)
    assert (status.steps, status.currentStep, status.flags, status.name) == (12, 11, [], "")
    assert response.responses[0].deletedObjects == {"ome.model.containers.Project": [one]}
    made = response.responses[2].obj
    assert made.details.group.id.val == stage["RO"] and there(ann, made.id.val) and not there(ann, one)
    handle.close()


def test_a_failure_undoes_all(ann: Actor, stage: Stage) -> None:
    own, others = ann.save(project(), stage["RO"]).id.val, stage.bob.save(project(), stage["RO"]).id.val
    handle = ended(ann.sf, all_of(delete(own), delete(others)))
    response, status = handle.getResponse(), handle.getStatus()
    assert isinstance(response, omero.cmd.GraphException) and response.category == "::omero::cmd::Delete2"
    assert response.name == "graph-fail" and f"Project[{others}]" in response.message
    assert (status.category, status.name) == ("::omero::cmd::DoAll", "subcancel")
    assert "Delete2" in status.parameters["subrequest"]
    assert status.flags == [FAILURE, CANCELLED]
    assert there(ann, own) and there(ann, others)
    handle.close()


def test_all_begin_before_the_first_step(ann: Actor, stage: Stage) -> None:
    """What is senseless is told before anything that takes time."""
    own = ann.save(project(), stage["RO"]).id.val
    senseless = omero.cmd.Delete2(targetObjects={}, childOptions=[omero.cmd.graphs.ChildOption()])
    handle = ended(ann.sf, all_of(omero.cmd.Timing(1, 30_000), delete(own), senseless))
    response, status = handle.getResponse(), handle.getStatus()
    assert (response.name, response.category) == ("bad-init", "::omero::cmd::Delete2")
    assert response.parameters["message"] and response.parameters["stacktrace"]
    assert (status.name, status.flags, status.currentStep) == ("subcancel", [FAILURE], 0)
    assert status.parameters == {"subrequest": "2: ::omero::cmd::Delete2"}
    handle.close()
    assert answer(ann.sf, senseless).name == "steps-cancel"


def test_failures_deep_within(ann: Actor) -> None:
    handle = ended(ann.sf, all_of(all_of(omero.cmd.Timing(1, 0), delete(987654321))))
    assert handle.getResponse().category == "::omero::cmd::Delete2"
    assert handle.getStatus().parameters["subrequest"].startswith("0: ::omero::cmd::DoAll")
    handle.close()


@pytest.mark.parametrize(
    ("requests", "code", "category"),
    [
        ([], "no-steps", "::omero::cmd::DoAll"),
        ([omero.cmd.FindHandles()], "bad-request", "::omero::cmd::DoAll"),
        ([None], "bad-request", "::omero::cmd::DoAll"),
        ([omero.cmd.Timing(1_000_001, 0)], "too-many-steps", "::omero::cmd::Timing"),
        ([omero.cmd.DoAll([], [])], "no-steps", "::omero::cmd::DoAll"),
    ],
)
def test_refused(ann: Actor, requests: list[Any], code: str, category: str) -> None:
    response = answer(ann.sf, omero.cmd.DoAll(requests, []))
    assert (response.name, response.category) == (code, category)


def test_contexts_of_single_requests(ann: Actor, stage: Stage) -> None:
    contexts = [{"omero.group": str(stage["RO"])}, {}, {"omero.group": str(stage["P"])}]
    request = all_of(*(omero.api.Save(project()) for _ in range(4)), contexts=contexts)
    made = [each.obj for each in answer(ann.sf, request, {"omero.group": str(stage["RW"])}).responses]
    assert [obj.details.group.id.val for obj in made] == [stage["RO"], stage["RW"], stage["P"], stage["RW"]]


def test_a_context_that_is_not_allowed(ann: Actor, stage: Stage) -> None:
    request = all_of(omero.api.Save(project()), contexts=[{"omero.group": str(stage.other.id.val)}])
    response = answer(ann.sf, request)
    assert (response.name, response.category) == ("bad-init", "::omero::api::Save")
    assert "group" in response.parameters["message"]


def test_dry_runs_change_nothing(ann: Actor, stage: Stage) -> None:
    own = ann.save(project(), stage["RO"]).id.val
    response = answer(ann.sf, all_of(delete(own, dryRun=True), omero.cmd.Timing(1, 0)))
    assert [each.steps for each in response.status] == [4, 1] and there(ann, own)
    response = answer(ann.sf, all_of(delete(own, dryRun=True), delete(own)))
    assert response.responses[0].deletedObjects == response.responses[1].deletedObjects and not there(ann, own)


def test_later_requests_see_what_earlier_ones_did(ann: Actor, stage: Stage) -> None:
    own = ann.save(project(), stage["RO"]).id.val
    response = answer(ann.sf, all_of(delete(own), delete(own)))
    assert isinstance(response, omero.cmd.GraphException) and there(ann, own)


def test_the_event_names_the_group_of_the_call(ann: Actor, stage: Stage, instance: Instance) -> None:
    """Also when the request itself looks at all groups."""
    own = ann.save(project(), stage["RO"]).id.val
    answer(ann.sf, all_of(delete(own)), {"omero.group": str(stage["RW"])})
    found = rows(
        instance,
        "SELECT e.experimentergroup FROM eventlog l JOIN event e ON e.id = l.event"
        " WHERE l.action = 'DELETE' AND l.entitytype LIKE '%%Project' AND l.entityid = %s",
        own,
    )
    assert found == [(stage["RW"],)]
