"""Base class and helpers of tests of scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import omero
import omero.callbacks
from omero.testlib import ITest

__all__ = ["ScriptTest", "check_file_annotation", "points_to_string", "run_script"]

LOOPS, PAUSE = 240, 500


class ScriptTest(ITest):
    """A test of scripts of the server."""

    def get_script(self, path: str) -> tuple[Any, int]:
        """(script service of root, id) of the official script at a path, which is uploaded when it is not there."""
        return _get_script(self.root.sf.getScriptService(), path)


def _get_script(script_service: Any, script_path: str) -> tuple[Any, int]:
    found = script_service.getScriptID(script_path)
    if found is None or found < 0:
        text = Path(script_path.lstrip("/")).read_text(encoding="utf-8")
        found = script_service.uploadOfficialScript(script_path, text)
    assert found > 0, f"no script {script_path}"
    return script_service, found


def run_script(client: Any, script_id: int, args: Mapping[str, Any], key: str | None = None) -> Any:
    """Run a script to its end; the results, or one of them."""
    process = client.sf.getScriptService().runScript(script_id, dict(args), None)
    callback = omero.callbacks.ProcessCallbackI(client, process)
    try:
        for _loop in range(LOOPS):
            if callback.block(PAUSE) is not None:
                break
        else:
            raise AssertionError(f"the script {script_id} does not end")
        results = process.getResults(0)
    finally:
        callback.close()
        process.close(False)
    return results.get(key) if key is not None else results


def check_file_annotation(
    client: Any, file_annotation: Any, parent_type: str = "Image", is_linked: bool = True, file_name: str | None = None
) -> None:
    """Check a file annotation that a script gave: its file has contents and this name, and it hangs on an object."""
    assert file_annotation is not None
    query = client.sf.getQueryService()
    number = file_annotation.getValue().id.val
    params = omero.sys.ParametersI().addId(number)
    text = "select a from FileAnnotation a join fetch a.file where a.id = :id"
    found = query.findByQuery(text, params)
    assert found.file.size.val > 0
    if file_name is not None:
        assert found.file.name.val == file_name
    links = query.findAllByQuery(f"select l from {parent_type}AnnotationLink l where l.child.id = :id", params)
    assert bool(links) == is_linked


def points_to_string(points: Iterable[tuple[float, float]]) -> str:
    """Corners of a polygon as OMERO.insight wrote them."""
    text = ", ".join(f"{x},{y}" for x, y in points)
    return f"points[{text}] points1[{text}] points2[{text}]"
