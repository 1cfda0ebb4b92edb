"""Annotations and regions of interest of simulated images."""

from __future__ import annotations

import base64
from collections.abc import Callable

from omero_server.formats.fakespec import FakeSpec
from omero_server.formats.info import AnnotationInfo, RoiInfo, ShapeInfo

__all__ = ["annotations_of", "rois_of"]

_NAMESPACE = "fake-reader"
_SPACING = 10
_KINDS = ("annBool", "annComment", "annDouble", "annLong", "annMap", "annTag", "annTerm", "annTime", "annXml")
_OUTLINE = ((-4.0, -2.0), (-1.5, 3.0), (2.0, 2.5), (2.5, -1.5), (-0.5, -3.5))


def annotations_of(spec: FakeSpec, series: int) -> list[AnnotationInfo]:
    """Annotations of one image; the counter in their values runs through all images."""
    total = sum(spec.numbers[kind] for kind in _KINDS)
    found: list[AnnotationInfo] = []
    for kind in _KINDS:
        for _ in range(spec.numbers[kind]):
            found.append(_annotation(kind, series * total + len(found), series))
    return found


def _annotation(kind: str, i: int, image: int) -> AnnotationInfo:
    values: dict[str, tuple[str, str]] = {
        "annBool": ("BooleanAnnotation", "true"),
        "annComment": ("CommentAnnotation", f"Comment:{i + 1}"),
        "annDouble": ("DoubleAnnotation", repr(0.111 * (i + 1))),
        "annLong": ("LongAnnotation", str(365 + i)),
        "annTag": ("TagAnnotation", f"Tag:{i + 1}"),
        "annTerm": ("TermAnnotation", f"Term:{i + 1}"),
        "annTime": ("TimestampAnnotation", "1970-01-01T00:00:00"),
        "annXml": ("XmlAnnotation", f"<dummyXml>{i + 1}</dummyXml>"),
    }
    if kind == "annMap":
        pairs = [(f"keyS{image}N{j}", f"val{(j + 1) * (i + 1)}") for j in range(10)]
        return AnnotationInfo("MapAnnotation", _NAMESPACE, value=pairs)
    name, value = values[kind]
    return AnnotationInfo(name, _NAMESPACE, value=value)


def rois_of(spec: FakeSpec) -> list[RoiInfo]:
    """Regions of one image, one shape each, laid out on a grid."""
    rois: list[RoiInfo] = []
    for key, make in _SHAPES.items():
        for i in range(spec.numbers[key]):
            x = _SPACING * i % spec.numbers["sizeX"]
            y = _SPACING * (_SPACING * i // spec.numbers["sizeX"]) % spec.numbers["sizeY"]
            rois.append(RoiInfo(shapes=[make(x, y, i)]))
    return rois


def _shape(kind: str, **values: float | str) -> ShapeInfo:
    return ShapeInfo(kind, values={key: str(value) for key, value in values.items()})


def _points(x: int, y: int) -> str:
    return " ".join(f"{x + 5 + dx},{y + 5 + dy}" for dx, dy in _OUTLINE)


def _ellipse(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Ellipse", X=x + 5.0, Y=y + 5.0, RadiusX=5.0, RadiusY=5.0)


def _label(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Label", X=float(x), Y=float(y), Text=f"Label {i}")


def _line(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Line", X1=x + 2.0, Y1=y + 2.0, X2=x + 5.0, Y2=y + 5.0)


def _mask(x: int, y: int, i: int) -> ShapeInfo:
    # A fixed pattern instead of random bytes: the same name gives the same image.
    bits = base64.b64encode(bytes((7 * n + i) % 256 for n in range(13))).decode()
    return _shape("Mask", X=10.0, Y=10.0, Width=10.0, Height=10.0, BinData=bits)


def _point(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Point", X=x + 5.0, Y=y + 5.0)


def _polygon(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Polygon", Points=_points(x, y))


def _polyline(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Polyline", Points=_points(x, y))


def _rectangle(x: int, y: int, i: int) -> ShapeInfo:
    return _shape("Rectangle", X=x + 2.0, Y=y + 2.0, Width=5.0, Height=5.0)


_SHAPES: dict[str, Callable[[int, int, int], ShapeInfo]] = {
    "ellipses": _ellipse,
    "labels": _label,
    "lines": _line,
    "masks": _mask,
    "points": _point,
    "polygons": _polygon,
    "polylines": _polyline,
    "rectangles": _rectangle,
}
