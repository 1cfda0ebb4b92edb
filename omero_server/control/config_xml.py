"""The file `etc/grid/config.xml`: see `omero.config_file`, which clients use too."""

from omero.config_file import FORMAT_VERSION, ConfigError, ConfigFile, ConfigLocked, ConfigUnwritable

__all__ = ["FORMAT_VERSION", "ConfigError", "ConfigFile", "ConfigLocked", "ConfigUnwritable"]
