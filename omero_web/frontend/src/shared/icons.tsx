// Line icons on a 20 x 20 grid.
const PATHS: Record<string, string> = {
  project: "M3 6.5h5l1.6 1.8H17v7.2H3z M5 4.5h5l1.2 1.4",
  dataset: "M3 5.5h5l1.6 1.8H17v8.2H3z",
  image: "M3.5 4.5h13v11h-13z M3.5 13l3.8-3.8 3 3 2.2-2 4 3.6 M12.7 7.7h.01",
  orphaned: "M3 5.5h5l1.6 1.8H17v8.2H3z M8.6 10.2a1.5 1.5 0 1 1 2.2 1.3c-.5.3-.8.6-.8 1.1 M10 14h.01",
  screen: "M3.5 4.5h13v11h-13z M3.5 8h13 M3.5 12h13 M8 4.5v11 M12.5 4.5v11",
  plate: "M3.5 5.5h13v9h-13z M6.5 8.5h.01 M10 8.5h.01 M13.5 8.5h.01 M6.5 11.5h.01 M10 11.5h.01 M13.5 11.5h.01",
  experimenter: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6z M4 16.5c.6-3 3-4.8 6-4.8s5.400 1.800 6 4.800",
  group: "M7.500 9.500a2.700 2.700 0 1 0 0-5.400 2.700 2.700 0 0 0 0 5.400z M2.500 16c.400-2.700 2.400-4.300 5-4.300s4.600 1.600 5 4.300 M12.500 4.500a2.500 2.500 0 0 1 0 4.800 M14.500 12c1.700.600 2.700 2 3 4",
  chevron: "M7.500 5l5 5-5 5",
  down: "M5 7.500l5 5 5-5",
  refresh: "M15.800 8a6 6 0 1 0 .2 3.500 M16.500 4v4h-4",
  open: "M8 4.500H4.500v11h11V12 M11 4.500h4.500V9 M15.300 4.700L9 11",
  link: "M8.500 11.500l3-3 M9.500 6.500l1.800-1.800a3 3 0 0 1 4.200 4.200L13.700 10.700 M10.500 13.500l-1.800 1.800a3 3 0 0 1-4.200-4.200L6.300 9.300",
  plus: "M10 4.500v11 M4.500 10h11",
  minus: "M4.500 10h11",
  fit: "M4 8V4h4 M12 4h4v4 M16 12v4h-4 M8 16H4v-4",
  back: "M16 10H4.500 M9.500 5l-5 5 5 5",
  reset: "M4.200 8a6 6 0 1 1-.2 3.500 M3.500 4v4h4",
  logout: "M8 4.500H4.500v11H8 M8.500 10H16 M13 7l3 3-3 3",
};

export function Icon({ name, size = 18, class: className = "" }: { name: string; size?: number; class?: string }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      class={className}
    >
      <path d={PATHS[name] ?? ""} />
    </svg>
  );
}
