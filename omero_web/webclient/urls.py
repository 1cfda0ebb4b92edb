"""Addresses below ``/webclient/``. Names are the official ones: other web applications reverse them."""

from __future__ import annotations

from django.urls import path, re_path

from omero_web.webclient import login, pages, tree_views
from omero_web.webgateway import views as gateway

_KINDS = "(?P<c_type>project|dataset|image)"

urlpatterns = [
    path("", pages.index, name="webindex"),
    path("userdata/", pages.index, name="userdata"),
    path("login/", login.weblogin, name="weblogin"),
    path("logout/", login.weblogout, name="weblogout"),
    path("keepalive_ping/", login.keepalive_ping, name="keepalive_ping"),
    path("active_group/", login.change_active_group, name="change_active_group"),
    re_path(rf"^metadata_details/{_KINDS}/(?P<c_id>\d+)/$", tree_views.metadata_details, name="load_metadata_details"),
    path("img_detail/<int:iid>/", pages.image_viewer, name="web_image_viewer"),
    path("imgData/<int:iid>/", gateway.img_data, name="web_imageData_json"),
    path("render_image/<int:iid>/", gateway.render_image, name="web_render_image"),
    path("render_image/<int:iid>/<int:z>/<int:t>/", gateway.render_image, name="web_render_image"),
    path("render_image_region/<int:iid>/<int:z>/<int:t>/", gateway.render_image_region, name="web_render_image_region"),
    path("render_birds_eye_view/<int:iid>/", gateway.render_thumbnail, name="web_render_birds_eye_view"),
    path("render_birds_eye_view/<int:iid>/<int:w>/", gateway.render_thumbnail, name="web_render_birds_eye_view"),
    path("render_thumbnail/<int:iid>/", gateway.render_thumbnail_or_placeholder, name="render_thumbnail"),
    path(
        "render_thumbnail/size/<int:w>/<int:iid>/",
        gateway.render_thumbnail_or_placeholder,
        name="render_thumbnail_resize",
    ),
    path("get_thumbnails/", gateway.get_thumbnails, name="get_thumbnails_json"),
    path("get_thumbnail/<int:iid>/", gateway.get_thumbnail, name="get_thumbnail_json"),
    path("api/groups/", tree_views.groups, name="api_groups"),
    re_path(r"^api/experimenters/(?P<experimenter_id>-1|\d+)/$", tree_views.experimenter, name="api_experimenter"),
    path("api/containers/", tree_views.containers, name="api_containers"),
    path("api/datasets/", tree_views.datasets, name="api_datasets"),
    path("api/images/", tree_views.images, name="api_images"),
    path("api/plates/", tree_views.plates, name="api_plates"),
    path("api/annotations/", tree_views.annotations_list, name="api_annotations"),
    path("api/paths_to_object/", tree_views.paths_to_object, name="api_paths_to_object"),
]
