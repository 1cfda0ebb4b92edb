"""The WSGI entry point: ``gunicorn omero_web.wsgi``."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omero_web.settings")

django = get_wsgi_application()

from omero_web.express.lane import Lane  # noqa: E402 - needs Django's settings

application = Lane(django)
