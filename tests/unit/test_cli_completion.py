"""Completion in bash, run by bash itself."""

import subprocess

import pytest

from omero_cli.completion import script
from omero_cli.main import main

COMPLETE = """
source "$1"
COMP_WORDS=(omero "${@:2}")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_omero
echo "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def completed(tmp_path_factory: pytest.TempPathFactory) -> object:
    file = tmp_path_factory.mktemp("completion") / "omero.bash"
    file.write_text(script("bash"), encoding="utf-8")

    def run(*words: str) -> list[str]:
        done = subprocess.run(
            ["bash", "-c", COMPLETE, "bash", str(file), *words], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        return done.stdout.split()

    return run


@pytest.mark.parametrize(
    "words, found",
    [
        (["ta"], ["tag"]),
        (["s"], ["script", "search", "sessions", "shell"]),
        (["tag", "c"], ["create", "createset"]),
        (["tag", "create", "--n"], ["--name"]),
        (["-q", "tag", "--name", "x", "li"], ["link", "list", "listsets"]),
        (["delete", "--dry"], ["--dry-run"]),
        (["import", "no-such-file"], []),
        (["delete", "--list-d"], []),
    ],
)
def test_words(completed: object, words: list[str], found: list[str]) -> None:
    assert completed(*words) == found  # type: ignore[operator]


def test_the_command_that_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "--completion", "bash"]) == 0
    assert capsys.readouterr().out == script("bash")
    assert main(["help", "--completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out
