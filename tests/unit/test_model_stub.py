"""What editors and type checkers are told about the classes of the model."""

from __future__ import annotations

import ast

import omero.model
import omero_build_stubs
from omero.model.classes import names


def test_the_stub_is_that_of_the_classes() -> None:
    assert omero_build_stubs.FILE.read_text("utf-8") == omero_build_stubs.text(), "run python -m omero_build"


def test_every_class_with_its_methods_and_fields() -> None:
    tree = ast.parse(omero_build_stubs.text())
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    imported = {"DetailsI", "PermissionsI"}
    assert set(names()) - imported == {name for name in classes if name.endswith("I")}
    image = {node.name for node in classes["ImageI"].body if isinstance(node, ast.FunctionDef)}
    assert {"getName", "setName", "unloadName", "copyPixels", "linkDataset", "linkedDatasetList"} <= image
    fields = {ast.unparse(node) for node in classes["ImageI"].body if isinstance(node, ast.AnnAssign)}
    assert {"name: _Field[RStringI]", "series: _Field[RIntI]", "instrument: _Field[Any]"} <= fields
    assert all(hasattr(omero.model.ImageI, name) for name in image)
