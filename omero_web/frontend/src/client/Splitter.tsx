// A bar between two panels, moved by mouse, touch or arrow keys. The width is a custom property of the page.

interface SplitterProps {
  label: string;
  property: string;
  /** 1 when the panel to the left grows with a move to the right, -1 for the panel to the right of the bar. */
  direction: 1 | -1;
  initial: number;
}

const LEAST = 160;
const MOST = 640;

export function Splitter({ label, property, direction, initial }: SplitterProps) {
  const style = document.documentElement.style;
  const width = (): number => parseInt(style.getPropertyValue(property), 10) || initial;
  const set = (value: number): void => {
    const clamped = Math.min(Math.max(Math.round(value), LEAST), MOST);
    style.setProperty(property, `${clamped}px`);
    localStorage.setItem(property, String(clamped));
  };
  const stored = Number(localStorage.getItem(property));
  if (stored && !style.getPropertyValue(property)) set(stored);

  return (
    <div
      class="splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width()}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
        event.preventDefault();
        set(width() + (event.key === "ArrowRight" ? 16 : -16) * direction);
      }}
      onPointerDown={(event) => {
        const bar = event.currentTarget;
        const start = event.clientX;
        const before = width();
        bar.setPointerCapture(event.pointerId);
        bar.onpointermove = (move) => set(before + (move.clientX - start) * direction);
        bar.onpointerup = () => (bar.onpointermove = null);
      }}
    />
  );
}
