"""The official client's `omero ldap` commands against our server and a real directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.conftest import Official
from tests.support.command_line import CommandLine
from tests.support.directory import BASE, SECRET, LdapServer, ldap_server, properties
from tests.support.instance import Instance, fresh_root, running


@pytest.fixture(scope="module")
def directory() -> Iterator[LdapServer]:
    with ldap_server() as server:
        for name in ("emma", "fred", "gwen"):
            server.person(name)
        server.group("Lab")
        yield server


@pytest.fixture(scope="module")
def server(directory: LdapServer) -> Iterator[Instance]:
    with fresh_root() as root, running(root, properties=properties(directory, new_user_group=":ou:")) as instance:
        yield instance


@pytest.fixture(scope="module")
def client(server: Instance, official_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Official:
    return Official(official_python, server, tmp_path_factory.mktemp("official-ldap"))


def login(client: Official, name: str, password: str) -> None:
    done = client.omero("login", *where(client), "-u", name, "-w", password)
    assert done.returncode == 0, done.stderr


def where(client: Official) -> list[str]:
    return ["-s", client.instance.host, "-p", str(client.instance.ports.ssl)]


def test_commands(client: Official) -> None:
    login(client, "root", client.instance.root_password)
    assert client.omero("ldap", "active").stdout.strip() == "Yes"
    made = client.omero("ldap", "create", "emma")
    assert made.returncode == 0 and f"with DN=cn=emma,ou=TheLab,{BASE}" in made.stdout + made.stderr
    assert client.omero("ldap", "create", "emma").returncode == 132
    listed = client.omero("ldap", "list").stdout
    assert "emma" in listed and f"cn=emma,ou=TheLab,{BASE}" in listed
    added = client.omero("user", "add", "gwen", "G", "W", "--group-name", "TheLab", "-P", "local")
    assert added.returncode == 0, added.stderr
    found = client.omero("ldap", "discover")
    assert "omeName=gwen" in found.stdout + found.stderr
    assert client.omero("ldap", "setdn", "true", "--user-name", "gwen").returncode == 0
    login(client, "gwen", SECRET)


def test_first_login(client: Official) -> None:
    refused = client.omero("login", *where(client), "-u", "fred", "-w", "wrong")
    assert refused.returncode != 0 and "Password check failed for 'fred'" in refused.stderr
    login(client, "fred", SECRET)


def test_our_commands_print_the_same(client: Official, directory: LdapServer, tmp_path: Path) -> None:
    """Both command lines about the same users, and what ours makes."""
    login(client, "root", client.instance.root_password)
    ours = CommandLine(client.instance, tmp_path, "root", client.instance.root_password)
    directory.person("hana")
    directory.person("ines")
    assert ours("ldap", "create", "ines").out.startswith("Added user ines (id=")
    assert ours("user", "add", "hana", "H", "A", "--group-name", "TheLab", "-P", "local").code == 0
    for words in (
        ["active"], ["list"], ["list", "--style", "csv"], ["getdn", "--user-name", "ines"],
        ["getdn", "--user-name", "hana"], ["discover"], ["discover", "--commands"], ["discover", "--groups"],
    ):  # fmt: skip
        done, their = ours("ldap", *words), client.omero("-q", "ldap", *words)
        # The official one prints where its program lies.
        text = their.stdout.replace(str(client.python.parent / "omero"), "omero")
        assert (done.code, done.out) == (their.returncode, text), words
    assert ours("ldap", "setdn", "true", "--user-name", "hana").code == 0
    assert "hana" not in ours("ldap", "discover").out
    assert f"hana: cn=hana,ou=TheLab,{BASE}\n" == ours("ldap", "getdn", "--user-name", "hana").out
    login(client, "hana", SECRET)
