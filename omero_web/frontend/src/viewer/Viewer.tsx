import { useEffect, useRef, useState } from "preact/hooks";
import { SessionBanner } from "../shared/SessionBanner";
import { address, messageOf } from "../shared/api";
import { Icon } from "../shared/icons";
import { ChannelControl, PositionSlider } from "./Controls";
import { ImageCanvas } from "./canvas";
import { type ChannelSettings, type ImageData, type Settings, linkQuery, renderQuery, settingsFromQuery, storedSettings } from "./settings";

/** Long enough to skip the steps in between while a slider moves, short enough not to be felt. */
const DEBOUNCE = 90;

export function Viewer({ data }: { data: ImageData }) {
  const [settings, setSettings] = useState(() => settingsFromQuery(new URLSearchParams(location.search), data));
  const [loading, setLoading] = useState(0);
  const [error, setError] = useState("");
  const [zoom, setZoom] = useState(100);
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<ImageCanvas | null>(null);
  const latest = useRef(settings);
  latest.current = settings;

  useEffect(() => {
    if (!place.current) return;
    const keepAddress = (): void => {
      const shown = canvas.current;
      if (!shown) return;
      setZoom(shown.zoomPercent);
      history.replaceState(null, "", `?${linkQuery(latest.current, shown.zoomPercent, shown.centre)}`);
    };
    const made = new ImageCanvas(place.current, data, {
      loading: setLoading,
      failed: (reason) => setError(messageOf(reason)),
      moved: keepAddress,
    });
    canvas.current = made;
    startPosition(made);
    return () => made.dispose();
  }, [data]);

  const first = useRef(true);
  useEffect(() => {
    const show = (): void => {
      const shown = canvas.current;
      if (!shown) return;
      setError("");
      shown.show({ z: settings.z, t: settings.t, query: renderQuery(settings) });
      history.replaceState(null, "", `?${linkQuery(settings, shown.zoomPercent, shown.centre)}`);
    };
    const timer = setTimeout(show, first.current ? 0 : DEBOUNCE);
    first.current = false;
    return () => clearTimeout(timer);
  }, [settings]);

  const change = (part: Partial<Settings>): void => setSettings((old) => ({ ...old, ...part }));
  return (
    <div class="viewer">
      <ViewerBar data={data} zoom={zoom} canvas={canvas} />
      <SessionBanner />
      <main class="stage">
        <div class={`progress${loading > 0 ? " busy" : ""}`} role="progressbar" aria-label="Loading" aria-hidden={loading === 0} />
        <div
          class="picture"
          ref={place}
          tabIndex={0}
          aria-label={`Image ${data.meta.imageName}`}
          data-loading={loading}
        />
        {(error || data.Exception) && (
          <div class="message error stage-message" role="alert">
            {data.Exception ? `This image cannot be shown: ${data.Exception}` : error}
          </div>
        )}
        <div class="positions">
          <PositionSlider label="Z" value={settings.z} size={data.size.z} change={(z) => change({ z })} />
          <PositionSlider label="T" value={settings.t} size={data.size.t} change={(t) => change({ t })} />
        </div>
      </main>
      <SettingsPanel data={data} settings={settings} change={change} />
    </div>
  );
}

/** Position and zoom of a link, as in `?zm=50&x=100&y=80`. */
function startPosition(canvas: ImageCanvas): void {
  const query = new URLSearchParams(location.search);
  const [zoom, x, y] = ["zm", "x", "y"].map((name) => (query.get(name) ? Number(query.get(name)) : NaN));
  if (!zoom || Number.isNaN(zoom) || zoom <= 0) return;
  canvas.zoomTo(zoom, Number.isFinite(x) && Number.isFinite(y) ? [x ?? 0, y ?? 0] : undefined);
}

function ViewerBar({ data, zoom, canvas }: { data: ImageData; zoom: number; canvas: { current: ImageCanvas | null } }) {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard.writeText(location.href).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <header class="viewer-bar">
      <a
        class="button icon-button"
        href={address("/webclient/", { show: `image-${data.id}` })}
        title="To this image among the data"
        aria-label="To this image among the data"
      >
        <Icon name="back" />
      </a>
      <h1 title={data.meta.imageName}>{data.meta.imageName}</h1>
      <span class="muted size">{`${data.size.width} × ${data.size.height}, ${data.meta.pixelsType}`}</span>
      <div class="zoom" role="group" aria-label="Zoom">
        <button class="icon-button" aria-label="Zoom out" title="Zoom out" onClick={() => canvas.current?.zoomBy(0.5)}>
          <Icon name="minus" />
        </button>
        <button class="icon-button percent" title="One image pixel for one pixel of the screen" onClick={() => canvas.current?.zoomTo(100)}>
          {`${zoom >= 10 ? Math.round(zoom) : zoom.toPrecision(2)} %`}
        </button>
        <button class="icon-button" aria-label="Zoom in" title="Zoom in" onClick={() => canvas.current?.zoomBy(2)}>
          <Icon name="plus" />
        </button>
        <button class="icon-button" aria-label="Fit into the window" title="Fit into the window" onClick={() => canvas.current?.fit()}>
          <Icon name="fit" />
        </button>
      </div>
      <button onClick={copy} title="Copy a link to this view with its settings">
        <Icon name="link" size={16} /> <span aria-live="polite">{copied ? "Copied" : "Copy link"}</span>
      </button>
    </header>
  );
}

interface PanelProps {
  data: ImageData;
  settings: Settings;
  change: (part: Partial<Settings>) => void;
}

function SettingsPanel({ data, settings, change }: PanelProps) {
  const changeChannel = (at: number, part: Partial<ChannelSettings>): void =>
    change({ channels: settings.channels.map((channel, index) => (index === at ? { ...channel, ...part } : channel)) });
  const reset = (): void => change({ ...storedSettings(data), z: settings.z, t: settings.t });
  return (
    <aside class="settings" aria-label="Rendering settings">
      <div class="mode" role="group" aria-label="Colour mode">
        <button aria-pressed={!settings.greyscale} onClick={() => change({ greyscale: false })}>
          Colour
        </button>
        <button aria-pressed={settings.greyscale} onClick={() => change({ greyscale: true })}>
          Greyscale
        </button>
        <button class="icon-button" title="Back to the saved settings" aria-label="Back to the saved settings" onClick={reset}>
          <Icon name="reset" />
        </button>
      </div>
      {(data.channels ?? []).map((channel, at) => {
        const current = settings.channels[at];
        return (
          current && (
            <ChannelControl
              key={at}
              data={channel}
              settings={current}
              number={at + 1}
              greyscale={settings.greyscale}
              range={data.pixel_range ?? [-Infinity, Infinity]}
              change={(part) => changeChannel(at, part)}
            />
          )
        );
      })}
    </aside>
  );
}
