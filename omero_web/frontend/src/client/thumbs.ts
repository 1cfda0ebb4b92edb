// Thumbnails are asked for in batches, for the images that are on show.
import { getJson } from "../shared/api";
import { Store } from "../shared/store";

export type Thumb = string | "missing";

export class Thumbs extends Store<ReadonlyMap<string, Thumb>> {
  readonly #waiting = new Map<string, { id: number; size: number }>();
  readonly #asked = new Set<string>();
  #timer = 0;

  constructor(readonly batch: number) {
    super(new Map());
  }

  static key(id: number, size: number, version: number | undefined): string {
    return `${id}:${size}:${version ?? ""}`;
  }

  /** Ask for a thumbnail, unless it is there or on its way. */
  want(id: number, size: number, version: number | undefined): void {
    const key = Thumbs.key(id, size, version);
    if (this.#asked.has(key)) return;
    this.#asked.add(key);
    this.#waiting.set(key, { id, size });
    this.#timer ||= window.setTimeout(() => this.#send(), 40);
  }

  #send(): void {
    this.#timer = 0;
    const bySize = new Map<number, [string, number][]>();
    for (const [key, { id, size }] of this.#waiting) bySize.set(size, [...(bySize.get(size) ?? []), [key, id]]);
    this.#waiting.clear();
    for (const [size, entries] of bySize)
      for (let at = 0; at < entries.length; at += this.batch) void this.#fetch(size, entries.slice(at, at + this.batch));
  }

  async #fetch(size: number, entries: [string, number][]): Promise<void> {
    const ids = entries.map(([, id]) => id);
    let found: Record<string, string | null> = {};
    try {
      found = await getJson(`/webgateway/get_thumbnails/${size}/`, { id: ids });
    } catch {
      // The cards say "no preview"; they ask again when they are shown the next time.
      for (const [key] of entries) this.#asked.delete(key);
    }
    this.update((old) => {
      const thumbs = new Map(old);
      for (const [key, id] of entries) thumbs.set(key, found[id] ?? "missing");
      return thumbs;
    });
  }
}
