"""Starts Java programs, for programs that bring some. Nothing of OMERO here needs Java."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

__all__ = ["DEFAULT_DEBUG", "check_java", "cmd", "popen", "run"]

DEFAULT_DEBUG = "-Xrunjdwp:server=y,transport=dt_socket,address=8787,suspend=n"


def check_java(command: Sequence[str]) -> None:
    """Raises FileNotFoundError when the program that a command line begins with is not there."""
    if shutil.which(command[0]) is None:
        raise FileNotFoundError(
            f"Java could not be found. (Executable={command[0]}) OMERO itself needs none: install it for your program."
        )


def cmd(
    args: Sequence[str] | str,
    java: str = "java",
    xargs: Sequence[str] | None = None,
    chdir: str | None = None,
    debug: bool | None = None,
    debug_string: str = DEFAULT_DEBUG,
) -> list[str]:
    """The command line of a Java program: ``xargs`` and JAVA_OPTS are for Java, ``args`` name class or jar."""
    debugging = ["-Xdebug", debug_string] if debug else []
    options = [*(xargs or ()), *shlex.split(os.environ.get("JAVA_OPTS", "")), *debugging]
    return [java, *options, "-Djava.awt.headless=true", *(shlex.split(args) if isinstance(args, str) else args)]


def popen(
    args: Sequence[str] | str,
    java: str = "java",
    xargs: Sequence[str] | None = None,
    chdir: str | None = None,
    debug: bool | None = None,
    debug_string: str = DEFAULT_DEBUG,
    stdout: Any = subprocess.PIPE,
    stderr: Any = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a Java program in the folder ``chdir``."""
    command = cmd(args, java, xargs, chdir, debug, debug_string)
    check_java(command)
    return subprocess.Popen(command, cwd=chdir, stdout=stdout, stderr=stderr)


def run(
    args: Sequence[str] | str,
    use_exec: bool = False,
    java: str = "java",
    xargs: Sequence[str] | None = None,
    chdir: str | None = None,
    debug: bool | None = None,
    debug_string: str = DEFAULT_DEBUG,
    stdout: Any = subprocess.PIPE,
    stderr: Any = subprocess.PIPE,
) -> bytes:
    """Run a Java program to its end: what it printed. ``use_exec`` puts it in the place of this process."""
    if use_exec:
        command = cmd(args, java, xargs, chdir, debug, debug_string)
        check_java(command)
        if chdir:
            os.chdir(chdir)
        os.execvp(command[0], command)
    process = popen(args, java, xargs, chdir, debug, debug_string, stdout, stderr)
    return process.communicate()[0]
