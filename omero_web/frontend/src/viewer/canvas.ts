// The picture: OpenLayers on the pixels of one plane. y points down in images and up in OpenLayers, so y is negated.
import type ImageTile from "ol/ImageTile";
import Map from "ol/Map";
import TileState from "ol/TileState";
import View from "ol/View";
import MouseWheelZoom from "ol/interaction/MouseWheelZoom";
import ScaleLine from "ol/control/ScaleLine";
import { defaults as defaultInteractions } from "ol/interaction/defaults";
import ImageLayer from "ol/layer/Image";
import type Layer from "ol/layer/Layer";
import TileLayer from "ol/layer/Tile";
import Projection from "ol/proj/Projection";
import ImageStatic from "ol/source/ImageStatic";
import TileImage from "ol/source/TileImage";
import TileGrid from "ol/tilegrid/TileGrid";
import { address, request } from "../shared/api";
import { resolutionsOf } from "./levels";
import type { ImageData } from "./settings";

export interface CanvasEvents {
  /** How many pictures are on their way. */
  loading(count: number): void;
  failed(error: unknown): void;
  moved(): void;
}

export interface Shown {
  z: number;
  t: number;
  query: URLSearchParams;
}

const MOST_ZOOMED_IN = 1 / 32;

export class ImageCanvas {
  readonly #map: Map;
  readonly #extent: [number, number, number, number];
  readonly #projection: Projection;
  #layer: Layer | null = null;
  #tiles: TileImage | null = null;
  #shown: Shown | null = null;
  #abort: AbortController | null = null;
  #pending = 0;

  constructor(
    target: HTMLElement,
    readonly data: ImageData,
    readonly events: CanvasEvents,
  ) {
    const { width, height } = data.size;
    this.#extent = [0, -height, width, 0];
    const metres = data.pixel_size.x;
    this.#projection = new Projection({
      code: `image-${data.id}`,
      units: "pixels",
      extent: this.#extent,
      ...(metres ? { metersPerUnit: metres * 1e-6 } : {}),
    });
    this.#map = new Map({
      target,
      controls: metres ? [new ScaleLine({ units: "metric", minWidth: 80 })] : [],
      interactions: defaultInteractions({ mouseWheelZoom: false }).extend([new MouseWheelZoom({ duration: 120 })]),
      view: this.#makeView(),
    });
    this.#map.on("moveend", () => events.moved());
    this.fit();
  }

  #makeView(): View {
    const { width, height } = this.data.size;
    return new View({
      projection: this.#projection,
      extent: enlarged(this.#extent, Math.max(width, height)),
      showFullExtent: true,
      center: [width / 2, -height / 2],
      resolution: 1,
      minResolution: MOST_ZOOMED_IN,
      maxResolution: Math.max(width, height) / 100,
      smoothResolutionConstraint: false,
      enableRotation: false,
    });
  }

  get zoomPercent(): number {
    return 100 / (this.#map.getView().getResolution() ?? 1);
  }

  get centre(): [number, number] {
    const [x = 0, y = 0] = this.#map.getView().getCenter() ?? [];
    return [x, -y];
  }

  fit(): void {
    this.#map.getView().fit(this.#extent, { padding: [12, 12, 12, 12], minResolution: 1 / 8 });
  }

  zoomTo(percent: number, centre?: readonly [number, number]): void {
    const view = this.#map.getView();
    view.setResolution(100 / percent);
    if (centre) view.setCenter([centre[0], -centre[1]]);
  }

  zoomBy(factor: number): void {
    const view = this.#map.getView();
    view.animate({ resolution: view.getConstrainedResolution((view.getResolution() ?? 1) / factor) ?? 1, duration: 150 });
  }

  dispose(): void {
    this.#abort?.abort();
    this.#map.setTarget();
  }

  /** Shows a plane with the settings of `query`. What is on the screen stays until the new pictures are there. */
  show(shown: Shown): void {
    this.#shown = shown;
    if (this.data.tiles) this.#showTiles();
    else void this.#showPlane(shown);
  }

  #count(change: number): void {
    this.#pending += change;
    this.events.loading(this.#pending);
  }

  async #showPlane({ z, t, query }: Shown): Promise<void> {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    const url = `${address(`/webgateway/render_image/${this.data.id}/${z}/${t}/`)}?${query}`;
    this.#count(1);
    try {
      const picture = await (await request(url, abort.signal)).blob();
      if (!abort.signal.aborted) await this.#replacePlane(picture);
    } catch (error) {
      if (!abort.signal.aborted) this.events.failed(error);
    } finally {
      this.#count(-1);
    }
  }

  #replacePlane(picture: Blob): Promise<void> {
    const url = URL.createObjectURL(picture);
    const source = new ImageStatic({
      url,
      projection: this.#projection,
      imageExtent: this.#extent,
      interpolate: this.data.interpolate ?? true,
    });
    const layer = new ImageLayer({ source });
    const old = this.#layer;
    this.#layer = layer;
    this.#map.addLayer(layer);
    return new Promise((done, failed) => {
      const finish = (): void => {
        if (old) this.#map.removeLayer(old);
        URL.revokeObjectURL(url);
      };
      source.on("imageloadend", () => {
        // Only after the new layer has been drawn may the old one go.
        this.#map.once("rendercomplete", finish);
        this.#map.render();
        done();
      });
      source.on("imageloaderror", () => {
        finish();
        failed(new Error("The picture that the server sent cannot be shown."));
      });
    });
  }

  #showTiles(): void {
    const key = this.#key();
    if (this.#tiles) {
      this.#tiles.setTileUrlFunction(this.#tileUrl, key);
      return;
    }
    this.#tiles = this.#makeTiles();
    this.#tiles.setTileUrlFunction(this.#tileUrl, key);
    this.#layer = new TileLayer({ source: this.#tiles, preload: 1 });
    this.#map.addLayer(this.#layer);
  }

  #key(): string {
    return `${this.#shown?.z}/${this.#shown?.t}?${this.#shown?.query}`;
  }

  #makeTiles(): TileImage {
    const tile = this.data.tile_size ?? { width: 256, height: 256 };
    const tiles = new TileImage({
      projection: this.#projection,
      tileGrid: new TileGrid({
        extent: this.#extent,
        origin: [0, 0],
        resolutions: resolutionsOf(this.data),
        tileSize: [tile.width, tile.height],
      }),
      interpolate: this.data.interpolate ?? true,
      transition: 0,
      wrapX: false,
      tileLoadFunction: (loading, url) => void this.#loadTile(loading as ImageTile, url),
    });
    let failedKey = "";
    tiles.on("tileloadstart", () => this.#count(1));
    tiles.on("tileloadend", () => this.#count(-1));
    tiles.on("tileloaderror", () => {
      this.#count(-1);
      // One message for a view, not one for each of its tiles.
      if (failedKey === this.#key()) return;
      failedKey = this.#key();
      this.events.failed(new Error("Some parts of the picture could not be loaded."));
    });
    return tiles;
  }

  async #loadTile(loading: ImageTile, url: string): Promise<void> {
    try {
      const picture = await createImageBitmap(await (await request(url)).blob());
      loading.setImage(padded(picture, this.data.tile_size ?? picture));
    } catch {
      loading.setState(TileState.ERROR);
    }
  }

  readonly #tileUrl = ([zoom = 0, x = 0, y = 0]: readonly number[]): string => {
    const shown = this.#shown;
    if (!shown) return "";
    const tile = this.data.tile_size ?? { width: 256, height: 256 };
    // OpenLayers counts levels from the smallest picture, the server from the full one.
    const level = (this.data.levels ?? 1) - 1 - zoom;
    const query = new URLSearchParams(shown.query);
    query.set("tile", `${level},${x},${y},${tile.width},${tile.height}`);
    return `${address(`/webgateway/render_image_region/${this.data.id}/${shown.z}/${shown.t}/`)}?${query}`;
  };
}

function enlarged([left, bottom, right, top]: readonly [number, number, number, number], by: number): number[] {
  return [left - by, bottom - by, right + by, top + by];
}

/** A tile at the edge of the image is cut off there; OpenLayers would stretch it to the full size. */
function padded(picture: ImageBitmap, size: { width: number; height: number }): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  canvas.getContext("2d")?.drawImage(picture, 0, 0);
  picture.close();
  return canvas;
}
