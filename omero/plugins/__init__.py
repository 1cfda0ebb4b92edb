"""Commands as controls. Other packages put files here too: each `omero/plugins` on `sys.path` belongs to it.

`omero.plugins.user.UserControl` and the like are our own commands, for those who register or extend them.
"""

import sys
from pathlib import Path

_FOLDERS = [Path(folder or ".") / "omero" / "plugins" for folder in sys.path]
__path__ = [*dict.fromkeys([*__path__, *(str(folder) for folder in _FOLDERS if folder.is_dir())])]
