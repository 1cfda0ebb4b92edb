"""The services of a session, each made when first used."""

from __future__ import annotations

from typing import Any

from omero.gateway.calls import ProxyObjectWrapper

__all__ = ["Services"]

# The method of the session that gives it, by key.
SERVICES = {
    "admin": "getAdminService",
    "config": "getConfigService",
    "container": "getContainerService",
    "ldap": "getLdapService",
    "metadata": "getMetadataService",
    "pixel": "getPixelsService",
    "projection": "getProjectionService",
    "query": "getQueryService",
    "rawfile": "createRawFileStore",
    "rawpixels": "createRawPixelsStore",
    "rendering": "createRenderingEngine",
    "rendsettings": "getRenderingSettingsService",
    "repository": "getRepositoryInfoService",
    "roi": "getRoiService",
    "script": "getScriptService",
    "search": "createSearchService",
    "session": "getSessionService",
    "share": "getShareService",
    "sharedres": "sharedResources",
    "thumbs": "createThumbnailStore",
    "timeline": "getTimelineService",
    "types": "getTypesService",
    "update": "getUpdateService",
}


class Services:
    """The part of the gateway that gives services. Those that keep state are shared until closed."""

    _proxies: Any

    def _service_wrappers(self) -> dict[str, ProxyObjectWrapper]:
        """All services, none of them made yet."""
        return {key: ProxyObjectWrapper(self, method) for key, method in SERVICES.items()}  # type: ignore[arg-type]

    def getAdminService(self) -> Any:
        """IAdmin: users and groups."""
        return self._proxies["admin"]

    def getQueryService(self) -> Any:
        """IQuery: queries."""
        return self._proxies["query"]

    def getContainerService(self) -> Any:
        """IContainer: hierarchies of projects, datasets, images."""
        return self._proxies["container"]

    def getPixelsService(self) -> Any:
        """IPixels: pixels and settings."""
        return self._proxies["pixel"]

    def getMetadataService(self) -> Any:
        """IMetadata: annotations and instruments."""
        return self._proxies["metadata"]

    def getRoiService(self) -> Any:
        """IRoi: regions of interest."""
        return self._proxies["roi"]

    def getScriptService(self) -> Any:
        """IScript: scripts."""
        return self._proxies["script"]

    def createRawFileStore(self) -> Any:
        """RawFileStore: content of files."""
        return self._proxies["rawfile"]

    def getRepositoryInfoService(self) -> Any:
        """IRepositoryInfo: space used and free."""
        return self._proxies["repository"]

    def getShareService(self) -> Any:
        """IShare: shares."""
        return self._proxies["share"]

    def getSharedResources(self) -> Any:
        """SharedResources: tables, repositories, processors."""
        return self._proxies["sharedres"]

    def getTimelineService(self) -> Any:
        """ITimeline: objects by time."""
        return self._proxies["timeline"]

    def getTypesService(self) -> Any:
        """ITypes: enumerations."""
        return self._proxies["types"]

    def getConfigService(self) -> Any:
        """IConfig: configuration."""
        return self._proxies["config"]

    def createRenderingEngine(self) -> Any:
        """RenderingEngine: a new one each time."""
        shared = self._proxies["rendering"]
        if shared._tainted:
            return self._own_service("createRenderingEngine")  # type: ignore[attr-defined]
        shared.taint()
        return shared

    def getRenderingSettingsService(self) -> Any:
        """IRenderingSettings: settings of many images."""
        return self._proxies["rendsettings"]

    def createRawPixelsStore(self) -> Any:
        """RawPixelsStore: pixel values."""
        return self._proxies["rawpixels"]

    def createThumbnailStore(self) -> Any:
        """ThumbnailStore: thumbnails."""
        return self._proxies["thumbs"]

    def createSearchService(self) -> Any:
        """Search: full text."""
        return self._proxies["search"]

    def getUpdateService(self) -> Any:
        """IUpdate: saving."""
        return self._proxies["update"]

    def getSessionService(self) -> Any:
        """ISession: sessions."""
        return self._proxies["session"]

    def createExporter(self) -> Any:
        """Exporter: OME-TIFF and OME-XML; a new one each time."""
        return self._own_service("createExporter")  # type: ignore[attr-defined]
