// The rendering settings of a view, and the query parameters c, m, maps, z and t that stand for them.

export interface ImageData {
  id: number;
  meta: { imageName: string; imageAuthor: string; pixelsType: string };
  size: { width: number; height: number; z: number; t: number; c: number };
  pixel_size: { x: number | null; y: number | null; z: number | null };
  tiles?: boolean;
  tile_size?: { width: number; height: number };
  levels?: number;
  resolutions?: Record<string, { sizeX: number; sizeY: number }>;
  zoomLevelScaling?: Record<string, number>;
  interpolate?: boolean;
  pixel_range?: [number, number];
  channels?: ChannelData[];
  rdefs?: { model: "color" | "greyscale"; defaultZ: number; defaultT: number };
  Exception?: string;
}

export interface ChannelData {
  label: string;
  color: string;
  active: boolean;
  inverted: boolean;
  lut?: string;
  window: { min: number; max: number; start: number; end: number };
}

export interface ChannelSettings {
  active: boolean;
  /** Six hex digits without a leading #. */
  color: string;
  /** File name of a lookup table, or an empty text. */
  lut: string;
  inverted: boolean;
  start: number;
  end: number;
}

export interface Settings {
  greyscale: boolean;
  /** Section and time point, counted from 0. */
  z: number;
  t: number;
  channels: readonly ChannelSettings[];
}

export function storedSettings(data: ImageData): Settings {
  return {
    greyscale: data.rdefs?.model === "greyscale",
    z: data.rdefs?.defaultZ ?? 0,
    t: data.rdefs?.defaultT ?? 0,
    channels: (data.channels ?? []).map((channel) => ({
      active: channel.active,
      color: channel.color,
      lut: channel.lut ?? "",
      inverted: channel.inverted,
      start: channel.window.start,
      end: channel.window.end,
    })),
  };
}

const CHANNEL = /^(-?)(\d+)(?:\|(-?[\d.eE+-]+):(-?[\d.eE+-]+))?(?:\$([\w. +-]+))?$/;

/** The stored settings as changed by the query of the page's address. */
export function settingsFromQuery(query: URLSearchParams, data: ImageData): Settings {
  const settings = storedSettings(data);
  const model = query.get("m");
  return {
    greyscale: model ? model === "g" : settings.greyscale,
    z: position(query.get("z"), data.size.z, settings.z),
    t: position(query.get("t"), data.size.t, settings.t),
    channels: withChannels(query.get("c"), inversions(query.get("maps")), settings.channels),
  };
}

/** In links, sections and time points count from 1. */
function position(text: string | null, size: number, stored: number): number {
  const number = Number(text);
  return text && Number.isInteger(number) && number >= 1 && number <= size ? number - 1 : stored;
}

function inversions(text: string | null): (boolean | undefined)[] {
  try {
    const maps = JSON.parse(text ?? "[]") as { inverted?: { enabled?: boolean } }[];
    return Array.isArray(maps) ? maps.map((map) => map?.inverted?.enabled) : [];
  } catch {
    return [];
  }
}

function withChannels(
  text: string | null,
  inverted: (boolean | undefined)[],
  stored: readonly ChannelSettings[],
): readonly ChannelSettings[] {
  if (!text) return stored;
  const result = stored.map((channel) => ({ ...channel, active: false }));
  text.split(",").forEach((part, at) => {
    const [, minus, index, start, end, colour] = CHANNEL.exec(part) ?? [];
    const channel = result[Number(index) - 1];
    if (!channel) return;
    channel.active = minus === "";
    channel.inverted = inverted[at] ?? channel.inverted;
    if (start !== undefined && end !== undefined) [channel.start, channel.end] = [Number(start), Number(end)];
    if (colour && /^[0-9a-f]{6}([0-9a-f]{2})?$/i.test(colour)) [channel.color, channel.lut] = [colour.slice(0, 6), ""];
    if (colour?.endsWith(".lut")) channel.lut = colour;
  });
  return result;
}

/** The query that renders these settings. Channels that are off are left out, unless `all` asks for them (links do). */
export function renderQuery(settings: Settings, all = false): URLSearchParams {
  const listed = settings.channels
    .map((channel, at) => ({ ...channel, number: at + 1 }))
    .filter((channel) => all || channel.active);
  const query = new URLSearchParams();
  query.set(
    "c",
    // A picture without any channel is black; an empty c would mean the stored settings.
    listed.map((c) => `${c.active ? "" : "-"}${c.number}|${c.start}:${c.end}$${c.lut || c.color}`).join(",") || "-1",
  );
  query.set("m", settings.greyscale ? "g" : "c");
  if (settings.channels.some((channel) => channel.inverted))
    query.set("maps", JSON.stringify(listed.map((channel) => ({ inverted: { enabled: channel.inverted } }))));
  return query;
}

/** The query of a link to this view. */
export function linkQuery(settings: Settings, zoomPercent: number, centre: readonly [number, number]): URLSearchParams {
  const query = renderQuery(settings, true);
  query.set("z", String(settings.z + 1));
  query.set("t", String(settings.t + 1));
  query.set("zm", String(Math.max(1, Math.round(zoomPercent))));
  query.set("x", String(Math.round(centre[0])));
  query.set("y", String(Math.round(centre[1])));
  return query;
}
