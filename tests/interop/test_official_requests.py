"""Requests and their handles as the official library sees them."""

from __future__ import annotations

from tests.interop.conftest import Official

Images = dict[str, list[int]]


def test_requests(official: Official, images: Images) -> None:
    slide = next(ids[0] for path, ids in images.items() if path.startswith("svs/"))
    found = official.script("submitted", image=slide)
    assert found["timing"] == ["OK", 5, False, False]
    # The client asks to be told after the request has begun: the first step may be over.
    told, steps = found["steps"]
    assert 3 <= told <= steps == 5
    assert found["saved"] == ["from a request", True]
    assert found["failed"] == ["graph-fail", "subcancel", "::omero::cmd::DoAll", True, True]
    assert found["cancel"] == [True, "cancel-called"]
    assert found["error"] == ["too-long-steps", "::omero::cmd::Timing"]
    assert found["metadata"] == "20" and found["files"] == [1, 0] and found["binaries"] == [True, False]
    assert found["sessions"] is True and found["listed"] is True and found["none"] is True


def test_requests_of_the_command_line(official: Official, images: Images) -> None:
    where = ["-s", official.instance.host, "-p", str(official.instance.ports.ssl)]
    assert official.omero("login", *where, "-u", "root", "-w", official.instance.root_password).returncode == 0
    said = {}
    for asked in ("fs sets --check --limit 3", "fs images --extended --limit 3", "admin removepyramids",
                  "admin email --user-id 0 Subject text", "sessions timeout 500"):  # fmt: skip
        done = official.omero(*asked.split())
        assert done.returncode == 0, f"{asked}: {done.stdout} {done.stderr}"
        said[asked.split()[1]] = done.stdout
    assert images and said["sets"].count("| OK") == 3 and "Pyramid" in said["images"]
    # Pyramids that others made are of images without a fileset, whose data would be lost.
    answers = "No pyramids to remove", "pyramid-requires-fileset"
    assert any(answer in said["removepyramids"] for answer in answers)
    assert "sent 0 of 0 emails" in said["email"] and "1 users had no email address" in said["email"]
