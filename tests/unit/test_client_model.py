"""The classes of omero.model: fields, collections, links, units, permissions."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import Ice
import pytest

import omero
import omero.model
from omero import factories
from omero.model import DatasetI, DatasetImageLinkI, DetailsI, ImageI, LengthI, PermissionsI, PixelsI, TagAnnotationI
from omero.rtypes import rint, rlong, rstring


def test_every_concrete_class_can_be_made() -> None:
    names = [name for name in dir(omero.model) if name.endswith("I") and name[0].isupper() and name != "ABCI"]
    assert len(names) == 171
    for name in names:
        made = getattr(omero.model, name)()
        assert type(made).__name__ == name
        assert made.ice_id() == f"::omero::model::{name.removesuffix('I')}"


def test_new_objects_are_loaded_and_references_are_not() -> None:
    assert ImageI().loaded
    assert ImageI(5).loaded
    assert not ImageI(5, False).loaded
    assert not ImageI("Image:5").loaded
    assert ImageI("ImageI:5", True).loaded
    assert [ImageI(number).id.val for number in (5, rlong(5), "5", "Image:5")] == [5] * 4
    assert isinstance(ImageI().details, DetailsI)
    assert ImageI().sizeOfPixels() == 0


def test_a_string_of_another_class_is_refused() -> None:
    with pytest.raises(ValueError, match="Proxy class mismatch: ImageI<>Dataset"):
        ImageI("Dataset:5")


def test_fields() -> None:
    image = ImageI()
    image.setName(rstring("a"))
    assert image.name.val == image.getName().val == "a"
    image.description = rstring("b")
    assert image.getDescription().val == "b"
    image.setSeries(3, wrap=True)
    assert image.series == rint(3)
    image.setFormat("Format:4", wrap=True)
    assert image.format.id.val == 4
    image.setName(None, wrap=True)
    assert image.name is None
    assert ImageI.NAME == "ome.model.core.Image_name"
    assert ImageI._field_info.name.nullable is False


def test_a_misspelt_field_is_an_error() -> None:
    image = ImageI()
    with pytest.raises(AttributeError, match="'ImageI' object has no attribute 'setNmae'"):
        image.nmae = rstring("a")
    with pytest.raises(AttributeError, match="'ImageI' object has no attribute 'getNmae' or 'isNmae'"):
        _ = image.nmae


def test_unloaded_objects_tell_only_their_id() -> None:
    image = ImageI(5, False)
    assert image.id.val == 5
    for method in (image.getName, image.getDetails, image.getVersion, image.sizeOfPixels, image.copyPixels):
        with pytest.raises(omero.UnloadedEntityException, match="Object unloaded"):
            method()
    with pytest.raises(omero.UnloadedEntityException):
        image.setName(rstring("a"))
    assert not hasattr(image, "name")


def test_unload() -> None:
    image = ImageI(5)
    image.setName(rstring("a"))
    image.unload()
    assert (image._name, image._pixelsSeq, image.loaded, image.id.val) == (None, None, False, 5)


def test_collections_point_back() -> None:
    image, one, two = ImageI(), PixelsI(1), PixelsI(2)
    image.addAllPixelsSet([one, two])
    assert one.image is image
    assert [pixels.id.val for pixels in image.iteratePixels()] == [1, 2]
    image.setPrimaryPixels(two)
    assert [image.getPixels(index) for index in (0, 1)] == [two, one]
    assert image.getPrimaryPixels() is two
    image.removePixels(one)
    assert (one.image, image.sizeOfPixels()) == (None, 1)
    with pytest.raises(ValueError, match="not in list"):
        image.removePixels(one)
    image.clearPixels()
    assert image.copyPixels() == []
    with pytest.raises(IndexError):
        image.getPrimaryPixels()


def test_an_unloaded_collection_is_not_an_empty_one() -> None:
    image = ImageI(5)
    image.unloadPixels()
    assert (image.sizeOfPixels(), image.pixelsLoaded, image.isPixelsLoaded()) == (-1, False, False)
    for use in (image.copyPixels, image.clearPixels, lambda: image.addPixels(PixelsI())):
        with pytest.raises(omero.UnloadedEntityException, match="pixelsSeq"):
            use()
    source = ImageI(5)
    source.addPixels(PixelsI(3))
    image.reloadPixels(source)
    assert image.getPixels(0).image is image
    assert source.sizeOfPixels() == -1
    with pytest.raises(omero.ClientError, match="same id"):
        image.reloadPixels(ImageI(6))


def test_links_join_both_sides() -> None:
    image, dataset = ImageI(1), DatasetI(2)
    link = image.linkDataset(dataset)
    assert isinstance(link, DatasetImageLinkI)
    assert (link.parent, link.child) == (dataset, image)
    assert dataset.linkedImageList() == [image]
    assert image.findDatasetImageLink(DatasetI(2, False)) == [link]
    image.unlinkDataset(dataset)
    assert (image.sizeOfDatasetLinks(), dataset.sizeOfImageLinks()) == (0, 0)


def test_links_to_references_and_annotations() -> None:
    image, tag = ImageI(1), TagAnnotationI()
    image.linkDataset(DatasetI(7, False))
    link = image.linkAnnotation(tag)
    assert (image.linkedAnnotationList(), link.getChild()) == ([tag], tag)
    assert image.getAnnotationLinksCountPerOwner() is None
    parent = TagAnnotationI()
    assert tag.linkAnnotation(parent).parent is tag


def test_children_of_the_same_class() -> None:
    parent, child = omero.model.FolderI(), omero.model.FolderI()
    parent.addChildFolders(child)
    assert child.parentFolder is parent


def test_maps() -> None:
    annotation = omero.model.MapAnnotationI()
    assert annotation.getMapValueAsMap() == {}
    annotation.setMapValue([omero.model.NamedValue("a", "b")])
    assert annotation.getMapValueAsMap() == {"a": "b"}


def test_proxy_and_copy() -> None:
    proxy = ImageI(3).proxy()
    assert (proxy.loaded, proxy.id.val) == (False, 3)
    with pytest.raises(omero.ClientError, match="Proxies require an id"):
        ImageI().proxy()
    with pytest.raises(omero.ClientError, match="NYI"):
        ImageI().shallowCopy()


def test_signatures_name_their_arguments() -> None:
    assert list(inspect.signature(ImageI.setName).parameters) == ["self", "value", "current", "wrap"]
    assert ImageI.setName.__name__ == "setName"


@pytest.mark.parametrize(
    ("value", "source", "target", "result"),
    [
        (1.5, "MICROMETER", "NANOMETER", 1500.0),
        (2, "METER", "MILLIMETER", 2000),
        (1, "MILE", "METER", 1609.3431309547093),
        (1000, "THOU", "INCH", 1.0),
    ],
)
def test_lengths_convert(value: float, source: str, target: str, result: float) -> None:
    assert LengthI(LengthI(value, source), target).getValue() == pytest.approx(result, rel=1e-14)


def test_other_units_convert() -> None:
    def convert(kind: str, value: float, source: str, target: str) -> Any:
        unit_class = getattr(omero.model, f"{kind}I")
        return unit_class(unit_class(value, source), target).getValue()

    assert convert("Temperature", 32, "FAHRENHEIT", "CELSIUS") == pytest.approx(0, abs=1e-12)
    assert convert("Pressure", 1, "PSI", "PASCAL") == pytest.approx(6894.75729316836)
    assert convert("Pressure", 1, "MILLITORR", "PASCAL") == pytest.approx(0.133322368, rel=1e-8)
    assert convert("Time", 1, "DAY", "HOUR") == 24


def test_units() -> None:
    length = LengthI(1.5, "MICROMETER")
    assert (str(length), length.getSymbol(), str(LengthI())) == ("1.5 MICROMETER", "µm", "")
    assert length.getUnit() is omero.model.enums.UnitsLength.MICROMETER
    assert LengthI.lookupSymbol(omero.model.enums.UnitsLength.METER) == "m"
    assert "µm" in LengthI.SYMBOLS.values()
    inch_to_meter = LengthI.CONVERSIONS[omero.model.enums.UnitsLength.INCH][omero.model.enums.UnitsLength.METER]
    assert str(inch_to_meter) == "((10000 / 393701) * x)"
    pairs = sum(len(LengthI.CONVERSIONS[unit]) for unit in LengthI.UNIT_VALUES)
    assert pairs == 992
    with pytest.raises(AttributeError):
        LengthI(1, "FOO")
    with pytest.raises(Exception, match=r"1.5 MICROMETER cannot be converted to PIXEL"):
        LengthI(length, "PIXEL")
    with pytest.raises(Exception, match="Null target unit"):
        LengthI(length)


@pytest.mark.parametrize(
    ("letters", "number"), [("rw----", -120), ("rwr---", -56), ("rwra--", -40), ("rwrw--", -8), ("rwrwrw", -1)]
)
def test_permissions(letters: str, number: int) -> None:
    assert PermissionsI(letters).getPerm1() == number
    assert str(PermissionsI(number)) == letters


def test_permissions_change_until_the_server_sent_them() -> None:
    permissions = PermissionsI("rw----")
    permissions.setGroupRead(True)
    assert str(permissions) == "rwr---"
    permissions.ice_postUnmarshal()
    with pytest.raises(omero.ClientError, match="ImmutablePermissions"):
        permissions.setGroupRead(False)
    with pytest.raises(ValueError, match="Invalid permission string: xx"):
        PermissionsI("xx")


def test_permissions_say_what_is_allowed() -> None:
    permissions = PermissionsI()
    assert permissions.canEdit()
    permissions._restrictions = [False, True]
    assert (permissions.canLink(), permissions.canEdit(), permissions.canDelete()) == (True, False, True)
    permissions._extendedRestrictions = ["RESTRICT-BINARY-ACCESS"]
    assert permissions.isRestricted("RESTRICT-BINARY-ACCESS")


class Echo(omero.api.IQuery):
    """Answers a query with a fixed object of the bare classes, as the server does."""

    def get(self, klass: str, id: int, current: Any = None) -> Any:
        image = omero.model.Image(_id=omero.RLong(id), _loaded=True)
        image._name = omero.RString("a")
        image._details = omero.model.Details(_permissions=omero.model.Permissions(_perm1=-120))
        return image


def test_what_arrives_is_of_the_classes_here() -> None:
    server = Ice.initialize()
    client = Ice.initialize()
    try:
        origin = DatasetI()  # stands for the client: anything that can be referred to weakly
        factories.register(client, origin)
        adapter = server.createObjectAdapterWithEndpoints("echo", "tcp -h 127.0.0.1")
        proxy = adapter.addWithUUID(Echo())
        adapter.activate()
        query = omero.api.IQueryPrx.uncheckedCast(client.stringToProxy(server.proxyToString(proxy)))
        image = query.get("Image", 5)
        assert (type(image), image.id.val, image.name.val) == (ImageI, 5, "a")
        assert image.details.getClient() is origin
        assert str(image.details.permissions) == "rw----"
        assert image.sizeOfPixels() == -1
        with pytest.raises(omero.ClientError, match="ImmutablePermissions"):
            image.details.permissions.setWorldRead(True)
        with pytest.raises(AttributeError, match="'ImageI' object has no attribute 'setNmae'"):
            image.nmae = rstring("b")
        again = query.get("Image", 6)
        assert (type(again), again.id.val, again.details.getClient()) == (ImageI, 6, origin)
    finally:
        client.destroy()
        server.destroy()


class Cycle(omero.api.IQuery):
    """Answers with objects that lead back to each other."""

    def get(self, klass: str, id: int, current: Any = None) -> Any:
        dataset = omero.model.Dataset(_id=omero.RLong(id), _loaded=True, _imageLinksLoaded=True)
        link = omero.model.DatasetImageLink(_loaded=True, _parent=dataset, _child=omero.model.Image(_id=dataset._id))
        dataset._imageLinksSeq = [link]
        return dataset


def test_objects_in_a_cycle_arrive_complete() -> None:
    with Ice.initialize() as server, Ice.initialize() as client:
        factories.register(client)
        adapter = server.createObjectAdapterWithEndpoints("cycle", "tcp -h 127.0.0.1")
        proxy = adapter.addWithUUID(Cycle())
        adapter.activate()
        query = omero.api.IQueryPrx.uncheckedCast(client.stringToProxy(server.proxyToString(proxy)))
        for number in (7, 8):
            dataset = query.get("Dataset", number)
            (link,) = dataset.copyImageLinks()
            assert [type(o) for o in (dataset, link, link.child)] == [DatasetI, DatasetImageLinkI, ImageI]
            assert link.parent is dataset
            assert link.child.id is dataset.id


@pytest.mark.parametrize("first", ["omero.model", "omero._generated", "omero.constants.metadata", "omero.rtypes"])
def test_any_module_may_be_imported_first(first: str) -> None:
    names = "omero.model.ImageI, omero.cmd.graphs.ChildOption, omero.sys.ParametersI, omero.ServerError"
    code = f"import {first}, omero; {names}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_importing_omero_is_light() -> None:
    code = "import sys, omero; print([m for m in ('Ice', 'numpy', 'django', 'omero_server') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"
