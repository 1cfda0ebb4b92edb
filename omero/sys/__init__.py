"""Wire classes of ``omero.sys``, from the Slice files."""

import omero._generated  # noqa: F401 - defines the classes in this module
