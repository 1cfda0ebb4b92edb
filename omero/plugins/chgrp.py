"""`omero chgrp` as a control."""

from omero_cli.controls.native import NativeControl

__all__ = ["ChgrpControl"]

ChgrpControl = NativeControl.of("chgrp")
