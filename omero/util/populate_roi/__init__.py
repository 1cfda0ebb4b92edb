"""Measurements of plates, from files that a microscope left beside its images to tables and regions.

How such files look is for subclasses to know: :class:`AbstractPlateAnalysisCtx` recognises them, and
:class:`AbstractMeasurementCtx` reads one of them. Those in ``PlateAnalysisCtxFactory.implementations`` are asked.
"""

from __future__ import annotations

from omero.util.populate_roi.contexts import (
    AbstractMeasurementCtx,
    AbstractPlateAnalysisCtx,
    MeasurementError,
    MeasurementParsingResult,
)
from omero.util.populate_roi.factory import PlateAnalysisCtxFactory
from omero.util.populate_roi.pool import ThreadPool, Worker, get_thread_pool, log
from omero.util.populate_roi.provider import DownloadingOriginalFileProvider

__all__ = [
    "AbstractMeasurementCtx",
    "AbstractPlateAnalysisCtx",
    "DownloadingOriginalFileProvider",
    "MeasurementError",
    "MeasurementParsingResult",
    "PlateAnalysisCtxFactory",
    "ThreadPool",
    "Worker",
    "get_thread_pool",
    "log",
]
