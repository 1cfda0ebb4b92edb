"""Tables derived from the model, and SQLAlchemy's view of them, against the recorded facts. Needs no database."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from omero_server.db.schema import script
from omero_server.db.tables import TABLES, table_of
from omero_server.model import MODEL
from omero_server.model.ddl import PASSWORD_PLACEHOLDER
from omero_server.model.layout import tables

FACTS = Path(__file__).parents[1] / "data" / "facts" / "schema.json.gz"
SCHEMA = json.loads(gzip.decompress(FACTS.read_bytes()))
LAYOUT = tables(MODEL)


@pytest.mark.parametrize("name", LAYOUT)
def test_keys_follow_from_the_model(name: str) -> None:
    table, fact = LAYOUT[name], SCHEMA["tables"][name]
    assert list(table.primary_key) == fact["primary_key"]["cols"]
    keys = [[key.name, [key.column], key.table, [key.key]] for key in table.foreign_keys]
    assert sorted(keys) == sorted(fact["foreign_keys"])
    assert sorted([u.name, list(u.columns)] for u in table.uniques) == sorted(fact["uniques"])


@pytest.mark.parametrize("name", SCHEMA["tables"])
def test_sqlalchemy_tables_have_all_columns(name: str) -> None:
    fact = SCHEMA["tables"][name]
    assert [column.name for column in TABLES[name].columns] == [column[0] for column in fact["columns"]]
    key = fact["primary_key"]["cols"] if fact["primary_key"] else []
    assert {column.name for column in TABLES[name].primary_key} == set(key)


def test_sqlalchemy_knows_no_other_tables() -> None:
    assert set(TABLES) == set(SCHEMA["tables"])
    assert table_of(MODEL.classes["Laser"]) is TABLES["laser"]
    assert table_of(MODEL.classes["TagAnnotation"]) is TABLES["annotation"]


def test_sqlalchemy_unit_columns_are_enumerations() -> None:
    type_ = TABLES["pixels"].c.physicalsizexunit.type
    assert isinstance(type_, postgresql.ENUM)
    assert (type_.name, type_.create_type) == ("unitslength", False)
    assert type_.enums == SCHEMA["enum_types"]["unitslength"]


def test_script_is_one_transaction_and_quotes_the_hash() -> None:
    text = script("it's \\ a hash")
    assert text.startswith("BEGIN;")
    assert text.rstrip().endswith("COMMIT;")
    assert "(0, E'it''s \\\\ a hash')" in text
    assert PASSWORD_PLACEHOLDER not in text


@pytest.mark.parametrize("value", ["x" * 256, "new\nline", "nul\0"])
def test_script_refuses_what_cannot_be_a_hash(value: str) -> None:
    with pytest.raises(ValueError, match="at most 255 characters"):
        script(value)
