"""Builds the generated parts before packaging; everything else is in pyproject.toml."""

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

sys.path.insert(0, str(Path(__file__).parent))


class BuildGenerated(build_py):
    def run(self) -> None:
        import omero_build

        omero_build.build()
        super().run()
        if not self.editable_mode:
            from omero import _old_modules

            _old_modules.write(Path(self.build_lib))


# Without a C compiler the server does without: Ice's own encoder and numpy are slower, and make the same.
native = [Extension(f"omero_server._{name}", [f"native/{name}.c"], optional=True) for name in ("blend", "encoder")]
setup(cmdclass={"build_py": BuildGenerated}, ext_modules=native)
