"""Addresses of OME-Zarr and raw tiles."""

from __future__ import annotations

from django.urls import path, re_path

from omero_web.ngff import views

_VERSION = r"^zarr/v(?P<version>0\.4|0\.5)"

urlpatterns = [
    re_path(rf"{_VERSION}/image/(?P<iid>\d{{1,18}})\.zarr(?:/(?P<key>.*))?$", views.image, name="zarr_image"),
    re_path(rf"{_VERSION}/plate/(?P<pid>\d{{1,18}})\.zarr(?:/(?P<key>.*))?$", views.plate, name="zarr_plate"),
    path("tile/<int:iid>/<int:z>/<int:c>/<int:t>/", views.tile, name="raw_tile"),
]
