"""Wire classes of ``omero.grid``, from the Slice files."""

import omero._generated  # noqa: F401 - defines the classes in this module
