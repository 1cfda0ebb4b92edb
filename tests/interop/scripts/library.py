"""What the official library offers by itself: members of model classes, unit conversions, queries of the gateway."""

from shared import answer

import omero.all
import omero.model
from omero.gateway import KNOWN_WRAPPERS, BlitzGateway

VALUE = 3.7
UNITS = ["Length", "Time", "Temperature", "Power", "Pressure", "Frequency", "ElectricPotential"]
OPTIONS = [
    ["Image", {"dataset": 1, "load_channels": True, "owner": 2, "order_by": "obj.name"}],
    ["Image", {"load_pixels": True, "orphaned": True, "limit": 3, "offset": 1}],
    ["Dataset", {"project": 1, "image": 2, "orphaned": True}],
    ["Well", {"plate": 1, "load_images": True, "wellsample_index": 0}],
    ["Plate", {"screen": 1, "well": 1, "orphaned": True}],
    ["Roi", {"image": 1, "load_shapes": True}],
    ["Experimenter", {"experimentergroup": 1}],
]


def members(cls):
    """Name and, of texts, value of each member that is not Ice's own."""
    names = [name for name in dir(cls) if not name.startswith(("__", "ice_", "_op_"))]
    values = {name: getattr(cls, name) for name in names}
    return {name: value if isinstance(value, str) else None for name, value in values.items()}


def conversions(cls):
    """(source, target, result) of all pairs."""
    found = []
    for source, targets in cls.CONVERSIONS.items():
        for target in targets:
            found.append((str(source), str(target), cls(cls(VALUE, source), target).getValue()))
    return found


def query(gateway, kind, opts):
    """Query and names of parameters."""
    text, params, _ = gateway.buildQuery(kind, opts=opts)
    return " ".join(text.split()), sorted(params.map)


classes = {name: getattr(omero.model, name) for name in dir(omero.model) if name.endswith("I")}
gateway = BlitzGateway("nobody", "nothing", host="localhost")
answer(
    {
        "members": {name: members(cls) for name, cls in classes.items() if isinstance(cls, type)},
        "value": VALUE,
        "conversions": {name: conversions(getattr(omero.model, f"{name}I")) for name in UNITS},
        "queries": [(kind, opts, *query(gateway, kind, opts)) for kind, opts in OPTIONS],
        "plain": {kind: query(gateway, kind, {})[0] for kind in KNOWN_WRAPPERS},
    }
)
