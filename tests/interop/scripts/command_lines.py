"""What the official command line prints for each of many lines, in one process: exit code, output, errors."""

from __future__ import annotations

import contextlib
import io
import json
import sys

from omero.cli import CLI


def run(cli: CLI, words: list[str]) -> list[object]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.invoke(words)
            code = cli.rv
        except Exception as error:
            print(error, file=sys.stderr)
            code = 1
    return [code & 255, out.getvalue(), err.getvalue()]


def loaded() -> CLI:
    cli = CLI()
    cli.loadplugins()
    return cli


given = json.load(sys.stdin)
shared, answers = loaded(), []
for words in given["lines"]:
    cli = loaded() if given["fresh"] else shared
    answers.append(run(cli, words))
    if given["fresh"]:
        cli.close()
shared.close()
print(json.dumps(answers))
