import { useEffect, useState } from "preact/hooks";
import type { ChannelData, ChannelSettings } from "./settings";

interface SliderProps {
  label: string;
  value: number;
  size: number;
  change: (value: number) => void;
}

/** Chooses a section or time point; nothing when there is only one. */
export function PositionSlider({ label, value, size, change }: SliderProps) {
  if (size < 2) return null;
  return (
    <label class="position">
      <span>{label}</span>
      <input
        type="range"
        min="0"
        max={size - 1}
        value={value}
        aria-label={label}
        aria-valuetext={`${value + 1} of ${size}`}
        onInput={(event) => change(Number(event.currentTarget.value))}
      />
      <output>{`${value + 1} / ${size}`}</output>
    </label>
  );
}

interface ChannelProps {
  data: ChannelData;
  settings: ChannelSettings;
  number: number;
  greyscale: boolean;
  range: [number, number];
  change: (change: Partial<ChannelSettings>) => void;
}

export function ChannelControl({ data, settings, number, greyscale, range, change }: ChannelProps) {
  const name = data.label;
  const shown = greyscale || settings.lut ? "ffffff" : settings.color;
  const low = Math.min(data.window.min, settings.start);
  const high = Math.max(data.window.max, settings.end, low + 1);
  return (
    <fieldset class={`channel${settings.active ? "" : " off"}`} style={{ "--channel": `#${shown}` }}>
      <legend class="visually-hidden">{`Channel ${name}`}</legend>
      <div class="channel-head">
        <label class="channel-name">
          <input
            type="checkbox"
            checked={settings.active}
            aria-label={`Show channel ${name}`}
            onChange={(event) => change({ active: event.currentTarget.checked })}
          />
          <span title={name}>{name === String(number - 1) ? `Channel ${number}` : name}</span>
        </label>
        {settings.lut && <span class="muted lut">{settings.lut}</span>}
        <input
          type="color"
          value={`#${settings.color}`}
          disabled={greyscale}
          aria-label={`Colour of channel ${name}`}
          onInput={(event) => change({ color: event.currentTarget.value.slice(1).toUpperCase(), lut: "" })}
        />
      </div>
      <WindowSlider
        name={name}
        low={low}
        high={high}
        step={stepOf(low, high)}
        start={settings.start}
        end={settings.end}
        change={(start, end) => change({ start, end })}
      />
      <div class="channel-window">
        <NumberField
          label={`Start of channel ${name}`}
          value={settings.start}
          check={(value) => value >= range[0] && value < settings.end}
          change={(start) => change({ start })}
        />
        <button
          class="icon-button"
          title="Use the full range of this channel"
          onClick={() => change({ start: data.window.min, end: Math.max(data.window.max, data.window.min + 1) })}
        >
          Full range
        </button>
        <NumberField
          label={`End of channel ${name}`}
          value={settings.end}
          check={(value) => value <= range[1] && value > settings.start}
          change={(end) => change({ end })}
        />
      </div>
    </fieldset>
  );
}

function stepOf(low: number, high: number): number {
  return Number.isInteger(low) && Number.isInteger(high) && high - low >= 10 ? 1 : (high - low) / 1000;
}

interface WindowProps {
  name: string;
  low: number;
  high: number;
  step: number;
  start: number;
  end: number;
  change: (start: number, end: number) => void;
}

/** Two handles on one track; each is a range input of its own, so that keyboards and screen readers can use it. */
function WindowSlider({ name, low, high, step, start, end, change }: WindowProps) {
  const percent = (value: number): string => `${((value - low) / (high - low)) * 100}%`;
  return (
    <div class="window" style={{ "--start": percent(start), "--end": percent(end) }}>
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={start}
        aria-label={`Start of channel ${name}, slider`}
        onInput={(event) => {
          const value = Math.min(Number(event.currentTarget.value), end - step);
          event.currentTarget.value = String(value);
          change(value, end);
        }}
      />
      <input
        type="range"
        min={low}
        max={high}
        step={step}
        value={end}
        aria-label={`End of channel ${name}, slider`}
        onInput={(event) => {
          const value = Math.max(Number(event.currentTarget.value), start + step);
          event.currentTarget.value = String(value);
          change(start, value);
        }}
      />
    </div>
  );
}

interface NumberProps {
  label: string;
  value: number;
  check: (value: number) => boolean;
  change: (value: number) => void;
}

/** A number that is taken over when it makes sense, and marked while it does not. */
function NumberField({ label, value, check, change }: NumberProps) {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(Number(value.toPrecision(7)))), [value]);
  const valid = text.trim() !== "" && check(Number(text));
  return (
    <input
      class="number"
      inputMode="decimal"
      aria-label={label}
      aria-invalid={!valid}
      value={text}
      onInput={(event) => {
        setText(event.currentTarget.value);
        const number = Number(event.currentTarget.value);
        if (event.currentTarget.value.trim() !== "" && check(number)) change(number);
      }}
      onBlur={() => setText(String(Number(value.toPrecision(7))))}
    />
  );
}
