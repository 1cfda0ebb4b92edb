import { describe, expect, it } from "vitest";
import { resolutionsOf } from "./levels";
import { type ImageData, linkQuery, renderQuery, settingsFromQuery, storedSettings } from "./settings";

const window = { min: 0, max: 4095, start: 10, end: 2000 };
const channel = { label: "GFP", color: "00FF00", active: true, inverted: false, window };
const data: ImageData = {
  id: 12,
  meta: { imageName: "a.tif", imageAuthor: "Ada Lo", pixelsType: "uint16" },
  size: { width: 512, height: 400, z: 12, t: 3, c: 2 },
  pixel_size: { x: 0.1, y: 0.1, z: null },
  channels: [channel, { ...channel, label: "DAPI", color: "0000FF", active: false, lut: "fire.lut" }],
  rdefs: { model: "color", defaultZ: 6, defaultT: 0 },
};

describe("settings", () => {
  it("start as stored", () => {
    const settings = storedSettings(data);
    expect(settings).toMatchObject({ greyscale: false, z: 6, t: 0 });
    expect(renderQuery(settings).get("c")).toBe("1|10:2000$00FF00");
    expect(renderQuery(settings).get("m")).toBe("c");
  });

  it("come back from a link as they were", () => {
    const stored = storedSettings(data);
    const changed = {
      ...stored,
      greyscale: true,
      z: 2,
      t: 1,
      channels: stored.channels.map((c, at) => ({ ...c, active: at === 1, start: -5, inverted: at === 1 })),
    };
    const link = linkQuery(changed, 50, [100.4, 80]);
    expect(link.get("zm")).toBe("50");
    expect([link.get("z"), link.get("t"), link.get("x"), link.get("y")]).toEqual(["3", "2", "100", "80"]);
    expect(settingsFromQuery(link, data)).toEqual(changed);
  });

  it("keep what a query does not name, and switch unlisted channels off", () => {
    const settings = settingsFromQuery(new URLSearchParams("c=2&z=99&t=0"), data);
    expect(settings.z).toBe(6);
    expect(settings.channels.map((c) => c.active)).toEqual([false, true]);
    expect(settings.channels[1]).toMatchObject({ start: 10, end: 2000, lut: "fire.lut" });
  });

  it("render black when every channel is off", () => {
    const stored = storedSettings(data);
    const off = { ...stored, channels: stored.channels.map((c) => ({ ...c, active: false })) };
    expect(renderQuery(off).get("c")).toBe("-1");
  });

  it("ignore nonsense", () => {
    const query = new URLSearchParams({ c: "9,x|1:2,1|a:b$zzz", maps: "{", z: "one" });
    expect(settingsFromQuery(query, data).channels.map((c) => c.active)).toEqual([false, false]);
  });
});

describe("levels", () => {
  it("go from the smallest picture to the full one", () => {
    expect(resolutionsOf({ ...data, zoomLevelScaling: { "0": 1, "1": 0.25, "2": 0.0625 } })).toEqual([16, 4, 1]);
    expect(resolutionsOf(data)).toEqual([1]);
  });
});
