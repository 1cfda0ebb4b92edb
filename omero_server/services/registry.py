"""Which class serves which service name."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from omero_server.services.service import Service, StatefulService

__all__ = ["STATEFUL", "STATELESS", "service_class"]

# Service name: (module in this package, class); no entry for what is not built yet.
CLASSES: dict[str, tuple[str, str]] = {
    "omero.api.Exporter": ("exporting.service", "ExporterService"),
    "omero.api.IAdmin": ("admin.service", "AdminService"),
    "omero.api.IConfig": ("config", "ConfigService"),
    "omero.api.IContainer": ("containers.service", "ContainerService"),
    "omero.api.ILdap": ("ldap", "LdapService"),
    "omero.api.IMetadata": ("metadata.service", "MetadataService"),
    "omero.api.IPixels": ("pixels.service", "PixelsService"),
    "omero.api.IProjection": ("pixels.projection", "ProjectionService"),
    "omero.api.IQuery": ("query", "QueryService"),
    "omero.api.IRenderingSettings": ("rendering.settings", "RenderingSettingsService"),
    "omero.api.IRepositoryInfo": ("repository_info", "RepositoryInfoService"),
    "omero.api.IRoi": ("rois.service", "RoiService"),
    "omero.api.ISession": ("session", "SessionService"),
    "omero.api.IShare": ("sharing.service", "ShareService"),
    "omero.api.ITimeline": ("timeline.service", "TimelineService"),
    "omero.api.ITypes": ("types", "TypesService"),
    "omero.api.IUpdate": ("update", "UpdateService"),
    "omero.api.RawFileStore": ("files.raw", "RawFileStoreService"),
    "omero.api.RawPixelsStore": ("pixels.raw", "RawPixelsStoreService"),
    "omero.api.RenderingEngine": ("rendering.engine", "RenderingEngineService"),
    "omero.api.ThumbnailStore": ("rendering.thumbnails", "ThumbnailStoreService"),
    "omero.grid.Table": ("files.tables", "TableService"),
    "omero.grid.SharedResources": ("files.shared_resources", "SharedResourcesService"),
}

STATELESS = (
    "omero.api.IAdmin",
    "omero.api.IConfig",
    "omero.api.IContainer",
    "omero.api.ILdap",
    "omero.api.IMetadata",
    "omero.api.IPixels",
    "omero.api.IProjection",
    "omero.api.IQuery",
    "omero.api.IRenderingSettings",
    "omero.api.IRepositoryInfo",
    "omero.api.IRoi",
    "omero.api.IScript",
    "omero.api.ISession",
    "omero.api.IShare",
    "omero.api.ITimeline",
    "omero.api.ITypes",
    "omero.api.IUpdate",
    "omero.grid.SharedResources",
)
STATEFUL = (
    "omero.api.Exporter",
    "omero.api.JobHandle",
    "omero.api.MetadataStore",
    "omero.api.RawFileStore",
    "omero.api.RawPixelsStore",
    "omero.api.RenderingEngine",
    "omero.api.Search",
    "omero.api.ThumbnailStore",
)


@cache
def service_class(name: str) -> type[Service]:
    """The class for a service name; one without operations when the service is not built yet. KeyError for unknown
    names.
    """
    if name in CLASSES:
        module, cls = CLASSES[name]
        found: type[Service] = getattr(import_module(f"omero_server.services.{module}"), cls)
        return found
    if name not in STATELESS and name not in STATEFUL:
        raise KeyError(name)
    base = StatefulService if name in STATEFUL else Service
    interface = "::" + name.replace(".", "::")
    return type(name.rsplit(".", 1)[-1], (base,), {"interface": interface})
