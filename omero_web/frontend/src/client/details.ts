// The JSON of the right panel.
import { getJson } from "../shared/api";
import type { Kind, User } from "./model";

interface Quantity {
  value: number;
  symbol: string;
}

export interface Details {
  type: "project" | "dataset" | "image";
  id: number;
  name: string;
  description: string;
  owner: User;
  group: { id: number; name: string };
  importDate: string;
  acquisitionDate?: string;
  childCount?: number;
  pixels?: {
    sizeX: number;
    sizeY: number;
    sizeZ: number;
    sizeC: number;
    sizeT: number;
    type: string;
    physicalSize: Record<"X" | "Y" | "Z", Quantity | null>;
    channels: { label: string; emission: Quantity | null; excitation: Quantity | null; fluor: string | null }[];
  } | null;
}

export interface Annotation {
  id: number;
  class: string;
  ns: string | null;
  owner: { id: number };
  values?: [string, string][];
  textValue?: string;
  file?: { name: string; size: number };
}

export interface Annotations {
  annotations: Annotation[];
  experimenters: User[];
}

export const hasDetails = (kind: Kind): boolean => kind === "project" || kind === "dataset" || kind === "image";

export async function loadDetails(kind: Kind, id: number, signal: AbortSignal): Promise<[Details, Annotations]> {
  return Promise.all([
    getJson<Details>(`/webclient/metadata_details/${kind}/${id}/`, {}, signal),
    getJson<Annotations>("/webclient/api/annotations/", { [kind]: id }, signal),
  ]);
}

export function fullName(user: User): string {
  return `${user.firstName} ${user.lastName}`.trim() || user.omeName;
}

export function dateText(iso: string | undefined): string {
  if (!iso) return "–";
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** A length with as many digits as a microscopist reads: 0.0645 µm, 12.3 µm. */
export function lengthText(length: Quantity | null): string {
  return length ? `${Number(length.value.toPrecision(4))} ${length.symbol}` : "–";
}

export function sizeText(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${at === 0 ? value : value.toPrecision(3)} ${units[at]}`;
}
