"""Addresses below ``/webgateway/``. Names are the official ones: other web applications reverse them."""

from __future__ import annotations

from django.urls import path

from omero_web.webclient import pages
from omero_web.webgateway import views

urlpatterns = [
    path("", views.index, name="webgateway"),
    path("render_image/<int:iid>/", views.render_image, name="webgateway_render_image"),
    path("render_image/<int:iid>/<int:z>/<int:t>/", views.render_image, name="webgateway_render_image"),
    path("render_image/<int:iid>/<int:z>/", views.render_image, name="webgateway_render_image"),
    path(
        "render_image_region/<int:iid>/<int:z>/<int:t>/",
        views.render_image_region,
        name="webgateway_render_image_region",
    ),
    path("render_thumbnail/<int:iid>/", views.render_thumbnail, name="webgateway_render_thumbnail"),
    path("render_thumbnail/<int:iid>/<int:w>/", views.render_thumbnail, name="webgateway_render_thumbnail"),
    path("render_thumbnail/<int:iid>/<int:w>/<int:h>/", views.render_thumbnail, name="webgateway_render_thumbnail"),
    path("render_birds_eye_view/<int:iid>/", views.render_thumbnail, name="webgateway_render_birds_eye_view"),
    path("render_birds_eye_view/<int:iid>/<int:w>/", views.render_thumbnail, name="webgateway_render_birds_eye_view"),
    path("get_thumbnails/", views.get_thumbnails, name="webgateway_get_thumbnails_json"),
    path("get_thumbnails/<int:w>/", views.get_thumbnails, name="webgateway_get_thumbnails_json"),
    path("get_thumbnail/<int:iid>/", views.get_thumbnail, name="webgateway_get_thumbnail_json"),
    path("get_thumbnail/<int:iid>/<int:w>/", views.get_thumbnail, name="webgateway_get_thumbnail_json"),
    path("get_thumbnail/<int:iid>/<int:w>/<int:h>/", views.get_thumbnail, name="webgateway_get_thumbnail_json"),
    path("imgData/<int:iid>/", views.img_data, name="webgateway_imageData_json"),
    path("imgData/<int:iid>/<str:key>/", views.img_data, name="webgateway_imageData_json"),
    path("img_detail/<int:iid>/", pages.image_viewer, name="webgateway_full_viewer"),
]
