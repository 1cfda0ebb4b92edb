import type { ImageData } from "./settings";

/** Image pixels for one pixel of each level, from the smallest level to the full one, as OpenLayers wants them. */
export function resolutionsOf(data: ImageData): number[] {
  const scaling = data.zoomLevelScaling ?? { "0": 1 };
  return Object.keys(scaling)
    .map(Number)
    .sort((a, b) => b - a)
    .map((level) => 1 / (scaling[String(level)] ?? 1));
}
