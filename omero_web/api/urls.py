"""Addresses below ``/api/``. Names are the official ones: other web applications reverse them."""

from __future__ import annotations

from typing import Any

from django.urls import path

from omero_web.api import views
from omero_web.api.lists import KINDS


def _addresses(plural: str) -> list[Any]:
    kind = KINDS[plural]
    found = [
        path(f"v0/m/{plural}/", views.object_list, {"plural": plural}, name=f"api_{plural}"),
        path(f"v0/m/{plural}/<int:object_id>/", views.single_object, {"plural": plural}, name=f"api_{kind.singular}"),
    ]
    for parent in kind.filters:
        route = f"v0/m/{parent}s/<int:{parent}_id>/{plural}/"
        found.append(path(route, views.object_list, {"plural": plural}, name=f"api_{parent}_{plural}"))
    return found


urlpatterns = [
    path("", views.versions, name="api_versions"),
    path("v0/", views.base, name="api_base"),
    path("v0/token/", views.token, name="api_token"),
    path("v0/servers/", views.servers, name="api_servers"),
    path("v0/login/", views.login, name="api_login"),
    *(address for plural in KINDS for address in _addresses(plural)),
]
