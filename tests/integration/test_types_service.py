"""ITypes as users and administrators call it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

import omero
import omero.model
from omero.rtypes import rstring
from omero_server.model.schema import MODEL
from tests.support.instance import Instance
from tests.support.people import logged_in, make_group, make_user


@pytest.fixture(scope="module")
def sessions(instance: Instance) -> Iterator[tuple[Any, Any]]:
    """Root and an ordinary user."""
    with logged_in(instance) as root:
        name = make_user(root, make_group(root, "rw----"))
        with logged_in(instance, name) as user:
            yield root, user


def value(kind: str = "Format") -> Any:
    made = getattr(omero.model, f"{kind}I")()
    made.value = rstring(f"value-{uuid.uuid4()}")
    return made


def test_everybody_may_add_a_value_but_not_change_one(sessions: tuple[Any, Any]) -> None:
    root, user = (session.getTypesService() for session in sessions)
    made = user.createEnumeration(value())
    assert user.getEnumeration("FormatI", made.value.val).id.val == made.id.val
    assert made.id.val in [one.id.val for one in user.allEnumerations("ome.model.enums.Format")]
    again = omero.model.FormatI()
    again.value = made.value
    with pytest.raises(omero.ValidationException, match="exists"):
        user.createEnumeration(again)
    made.value = rstring("changed by a user")
    with pytest.raises(omero.ApiUsageException, match="updateEnumeration"):
        user.createEnumeration(made)
    for refused in (
        lambda: user.updateEnumeration(made),
        lambda: user.updateEnumerations([made]),
        lambda: user.deleteEnumeration(made),
        lambda: user.resetEnumerations("Format"),
        lambda: user.getOriginalEnumerations(),
    ):
        with pytest.raises(omero.SecurityViolation):
            refused()
    made.value = rstring(f"renamed-{uuid.uuid4()}")
    assert root.updateEnumeration(made).value.val == made.value.val
    root.deleteEnumeration(omero.model.FormatI(made.id.val, False))
    with pytest.raises(omero.ApiUsageException, match="no value"):
        user.getEnumeration("Format", made.value.val)


def test_wrong_arguments_are_refused(sessions: tuple[Any, Any]) -> None:
    root, user = (session.getTypesService() for session in sessions)
    for refused in (
        lambda: user.createEnumeration(None),
        lambda: user.createEnumeration(omero.model.ImageI()),
        lambda: user.getEnumeration("Image", "x"),
        lambda: user.getEnumeration("Nonsense", "x"),
        lambda: user.allEnumerations("Image"),
        lambda: root.updateEnumeration(value()),
        lambda: root.updateEnumerations([None]),
        lambda: root.deleteEnumeration(value()),
        lambda: root.resetEnumerations("Image"),
    ):
        with pytest.raises(omero.ApiUsageException):
            refused()
    with pytest.raises(omero.ValidationException):
        user.createEnumeration(omero.model.FormatI())


def test_reset_brings_the_shipped_values_back(sessions: tuple[Any, Any]) -> None:
    root, user = (session.getTypesService() for session in sessions)
    shipped = MODEL.enums["ExperimentType"]
    by_value = {one.value.val: one for one in user.allEnumerations("ExperimentType")}
    rows = sessions[0].getQueryService().projection(
        "select distinct type.value from Experiment experiment join experiment.type type", None, {"omero.group": "-1"}
    )
    used = {row[0].val for row in rows}
    gone = next(name for name in reversed(shipped) if name not in used)  # other tests import images of experiments
    root.deleteEnumeration(by_value[gone])
    user.createEnumeration(value("ExperimentType"))
    root.resetEnumerations("ExperimentType")
    after = {one.value.val: one.id.val for one in user.allEnumerations("ExperimentType")}
    assert sorted(after) == sorted(shipped)
    assert all(after[name] == by_value[name].id.val for name in shipped if name != gone)
    original = root.getOriginalEnumerations()
    assert sorted(one.value.val for one in original if isinstance(one, omero.model.ExperimentType)) == sorted(shipped)
    assert all(one.id is None for one in original)
    assert len(original) == sum(len(values) for values in MODEL.enums.values())


def test_values_in_use_cannot_be_removed(sessions: tuple[Any, Any]) -> None:
    root, user = sessions
    service = root.getTypesService()
    used = service.createEnumeration(value("MicroscopeType"))
    microscope = omero.model.MicroscopeI()
    microscope.type = used
    instrument = omero.model.InstrumentI()
    instrument.microscope = microscope
    user.getUpdateService().saveObject(instrument)
    with pytest.raises(omero.ValidationException):
        service.deleteEnumeration(used)
    with pytest.raises(omero.ValidationException):
        service.resetEnumerations("MicroscopeType")
    assert service.getEnumeration("MicroscopeType", used.value.val).id.val == used.id.val


def test_lists_of_types(sessions: tuple[Any, Any]) -> None:
    service = sessions[1].getTypesService()
    types = service.getEnumerationTypes()
    assert sorted(types) == sorted(MODEL.enums) and "PixelsType" in types
    entries = service.getEnumerationsWithEntries()
    assert sorted(entries) == sorted(types)
    assert {one.value.val for one in entries["Immersion"]} >= set(MODEL.enums["Immersion"])
    annotatable = service.getAnnotationTypes()
    assert {"Image", "Dataset", "Well"} <= set(annotatable) and "Pixels" not in annotatable
