"""`omero import` as a control."""

from omero_cli.controls.native import NativeControl
from omero_cli.import_options import LEVELS, OUTPUTS, SKIPS

__all__ = ["DEBUG_CHOICES", "OUTPUT_CHOICES", "SKIP_CHOICES", "ImportControl", "TestEngine"]

DEBUG_CHOICES, OUTPUT_CHOICES, SKIP_CHOICES = list(LEVELS), list(OUTPUTS), list(SKIPS)

ImportControl = NativeControl.of("import")


class TestEngine(ImportControl):  # type: ignore[valid-type,misc]
    """The same under another name, for those who extend it."""

    __test__ = False
    command = "testengine"
