"""Wire classes of ``omero.romio``, from the Slice files."""

import omero._generated  # noqa: F401 - defines the classes in this module
