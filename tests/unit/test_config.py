"""Configuration: the property table, config.xml, typed values."""

import multiprocessing
import re
import stat
from pathlib import Path

import pytest

from omero_cli.config_pages import properties_page
from omero_server.control.config import Config, ConfigError, is_secret
from omero_server.control.config_xml import ConfigFile
from omero_server.control.instance import Instance
from omero_server.control.properties import known_properties

# As the official tool writes it (all on one line there).
OFFICIAL = """<icegrid><!-- comment -->
<properties id="__ACTIVE__"><property name="omero.config.profile" value="other" />
<property name="omero.config.version" value="5.1.0" /><property name="omero.data.dir" value="/there" /></properties>
<properties id="default"><property name="omero.data.dir" value="/here" /></properties>
<properties id="other"><property name="omero.data.dir" value="/there" /></properties>
<include file="templates.xml" /></icegrid>"""


def test_every_property_has_a_section_kind_and_help() -> None:
    table = known_properties()
    assert len(table) > 320
    assert {p.kind for p in table.values()} == {"string", "integer", "number", "boolean", "json"}
    assert all(p.help and p.section for p in table.values())


def test_all_defaults_have_their_kind(omerodir: Path) -> None:
    config = Config.load()
    readers = {
        "integer": config.get_int,
        "number": config.get_float,
        "boolean": config.get_bool,
        "json": config.get_json,
    }
    for each in known_properties().values():
        if each.kind in readers and config.get(each.name):
            readers[each.kind](each.name)


def test_no_file_means_defaults(omerodir: Path) -> None:
    config = Config.load()
    assert config.data_dir == omerodir / "data"
    assert config.ports.named()["ssl"] == (4064, "omero.ports.ssl")
    assert not list(omerodir.iterdir())


def test_reads_the_active_profile_of_an_official_file(omerodir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Instance(omerodir).config_file
    path.parent.mkdir(parents=True)
    path.write_text(OFFICIAL)
    assert Config.load().data_dir == Path("/there")
    monkeypatch.setenv("OMERO_CONFIG", "default")
    assert Config.load().data_dir == Path("/here")


def test_writes_what_it_read_and_repeats_the_active_profile(omerodir: Path) -> None:
    path = Instance(omerodir).config_file
    path.parent.mkdir(parents=True)
    path.write_text(OFFICIAL)
    Config.load().set("omero.db.name", "ömero & <co>")
    again = ConfigFile(path)
    assert again.profiles["other"] == {"omero.data.dir": "/there", "omero.db.name": "ömero & <co>"}
    assert again.profiles["default"] == {"omero.data.dir": "/here"}
    active = path.read_text(encoding="utf-8").split("</properties>")[0]
    assert 'value="other"' in active and "ömero &amp; &lt;co&gt;" in active
    assert '<include file="templates.xml" />' in path.read_text(encoding="utf-8")


def test_the_file_is_for_its_owner_and_nothing_is_left_beside_it(omerodir: Path) -> None:
    config = Config.load()
    config.set("omero.db.pass", "secret")
    path = config.instance.config_file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["config.xml"]
    config.remove("omero.db.pass")
    assert Config.load().explicit() == {}


def test_a_failed_edit_changes_nothing(omerodir: Path) -> None:
    config = Config.load()
    config.set("a", "1")
    with pytest.raises(ZeroDivisionError), ConfigFile.edit(config.instance.config_file) as stored:
        stored.properties["a"] = str(1 // 0)
    with pytest.raises(ConfigError, match="Illegal property name: b c"):
        config.set("b c", "2")
    assert Config.load().explicit() == {"a": "1"}
    assert [p.name for p in config.instance.config_file.parent.iterdir()] == ["config.xml"]


def _set_many(directory: Path, name: str) -> None:
    for number in range(10):
        Config.load(directory).set(f"{name}.{number}", "x")


def test_writers_do_not_lose_each_others_changes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_set_many, args=(tmp_path, name)) for name in "abc"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(Config.load(tmp_path).explicit()) == 30


def test_broken_xml_is_named(omerodir: Path) -> None:
    path = Instance(omerodir).config_file
    path.parent.mkdir(parents=True)
    path.write_text("<icegrid>")
    with pytest.raises(ConfigError, match=r"config\.xml is not well-formed"):
        Config.load()


def test_references_and_typed_values() -> None:
    values = {"x.a": "${x.b}/1", "x.b": "${omero.home}/b", "x.c": "${unknown.name}", "x.loop": "${x.loop}", "x.n": "no"}
    config = Config(Instance(Path("/o")), values)
    assert config.get("x.a") == "/o/b/1"
    assert config.get("x.c") == "${unknown.name}"
    assert config.get_bool("x.n") is False
    assert config.get_json("omero.web.apps") == []
    assert config.get("nobody.knows", "default") == "default"
    with pytest.raises(ConfigError, match=r"x\.loop -> x\.loop"):
        config.get("x.loop")
    with pytest.raises(ConfigError, match=r"Unknown property: nobody\.knows"):
        config.get("nobody.knows")
    for read in (config.get_int, config.get_float, config.get_bool, config.get_json):
        with pytest.raises(ConfigError, match=r"x\.a"):
            read("x.a")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, {"ssl": 4064, "tcp": 4063, "wss": 4066, "ws": 4065, "web": 4080}),
        ({"omero.ports.prefix": "1"}, {"ssl": 14064, "tcp": 14063, "wss": 14066, "ws": 14065, "web": 14080}),
        ({"omero.client.icetransports": "ssl", "omero.ports.ssl": "5000"}, {"ssl": 5000, "web": 4080}),
    ],
)
def test_ports(values: dict[str, str], expected: dict[str, int]) -> None:
    named = Config(Instance(Path("/o")), values).ports.named()
    assert {kind: port for kind, (port, _) in named.items()} == expected


@pytest.mark.parametrize("prefix", ["9", "x", "-1"])
def test_impossible_ports_are_refused(prefix: str) -> None:
    with pytest.raises(ConfigError, match=r"omero\.ports\.prefix"):
        _ = Config(Instance(Path("/o")), {"omero.ports.prefix": prefix}).ports


def test_where_an_instance_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Instance.locate({"OMERODIR": str(tmp_path)}).root == tmp_path
    monkeypatch.chdir(tmp_path)
    assert Instance.locate({"OMERODIR": "x"}).root == tmp_path / "x"
    assert Instance.locate({}).root.name == ".omero"


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="OMERODIR"):
        Instance(tmp_path / "file" / "x").make_directories()


def test_secret_names() -> None:
    assert is_secret("omero.db.pass") and is_secret("omero.web.secret_key") and not is_secret("omero.db.name")


def test_the_page_of_properties_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "sysadmins" / "properties.md"
    text = page.read_text(encoding="utf-8")
    assert text == properties_page(known_properties().values()) + "\n", "run: omero config parse --markdown > " + str(
        page
    )


def test_the_code_reads_only_known_properties() -> None:
    """A property that is read by name is in the table, so that it has a default, a help text and documentation."""
    reads = re.compile(r'config\.get(?:_\w+)?\(\s*"(omero\.[\w.]+)"')
    root = Path(__file__).parents[2]
    sources = [path for room in ("omero_server", "omero_cli", "omero_web") for path in (root / room).rglob("*.py")]
    used = {name for path in sources for name in reads.findall(path.read_text(encoding="utf-8"))}
    assert "omero.db.host" in used
    assert used - set(known_properties()) == set()
