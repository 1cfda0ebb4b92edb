"""What names of objectives tell."""

from __future__ import annotations

import pytest

from omero_server.formats.objectives import objective_named


@pytest.mark.parametrize(
    ("name", "magnification", "aperture", "immersion", "correction"),
    [
        ("Plan-Apochromat 63x/1.4 Oil DIC M27", 63.0, 1.4, "Oil", "PlanApo"),
        ("EC Plan-Neofluar 10x/0.30 M27", 10.0, 0.3, None, "PlanNeofluar"),
        ("HC PL APO CS2 63x/1.30 GLYC", 63.0, 1.3, "Glycerol", "PlanApo"),
        ("Fluar 5X / 0.25", 5.0, 0.25, None, "Fluar"),
        ("N-Achroplan 20x/0.5 Water", 20.0, 0.5, "Water", "Achro"),
        ("Boiler 7", None, None, None, None),
        ("", None, None, None, None),
    ],
)
def test_names(
    name: str, magnification: float | None, aperture: float | None, immersion: str | None, correction: str | None
) -> None:
    found = objective_named(name)
    assert (found.model, found.nominal_magnification, found.lens_na) == (name, magnification, aperture)
    assert (found.immersion, found.correction) == (immersion, correction)
