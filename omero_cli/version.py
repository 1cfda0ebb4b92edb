"""Version numbers. `VERSION` is the release of the OMERO Python tools whose behaviour and API these commands have."""

from pathlib import Path

__all__ = ["VERSION", "platform_version"]

VERSION = "5.23.0"


def platform_version() -> str:
    """The version of this software, from its package metadata (or pyproject.toml in a checkout)."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("omero-platform")
    except PackageNotFoundError:
        import tomllib

        project = tomllib.loads(Path(__file__).resolve().parents[1].joinpath("pyproject.toml").read_text())
        return str(project["project"]["version"])
