"""All addresses of the web application, mounted in the official order."""

from __future__ import annotations

from django.urls import include, path

from omero_web import unfinished
from omero_web.ngff import urls as ngff
from omero_web.webclient import pages

handler404 = "omero_web.errors.page_not_found"

urlpatterns = [
    path("favicon.ico", pages.favicon, name="favicon"),
    path("webgateway/", include("omero_web.webgateway.urls")),
    path("webclient/", include("omero_web.webclient.urls")),
    path("url/", pages.redirect_show, name="webredirect"),
    path("api/", include("omero_web.api.urls")),
    *ngff.urlpatterns,
    *unfinished.urlpatterns,
    path("", pages.root, name="index"),
]
