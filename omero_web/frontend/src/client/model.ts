// What the tree holds, and the JSON that it is made from.

export type Kind = "experimenter" | "project" | "dataset" | "orphaned" | "screen" | "plate" | "image";

export interface TreeNode {
  /** Unique in the tree: the chain of objects that leads here, since a dataset may be in two projects. */
  key: string;
  parent: string | null;
  kind: Kind;
  id: number;
  name: string;
  childCount: number;
  owned: boolean;
  image: ImageRow | null;
  open: boolean;
  loading: boolean;
  error: string | null;
  /** Keys of the children that are loaded; null before the first of them is asked for. */
  children: string[] | null;
  /** Pages of images that are loaded. */
  pages: number;
}

export interface ContainerRow {
  id: number;
  name: string;
  ownerId: number;
  childCount: number;
  permsCss: string;
}

export interface ImageRow {
  id: number;
  name: string;
  ownerId: number;
  permsCss: string;
  filesetId?: number;
  sizeX?: number;
  sizeY?: number;
  sizeZ?: number;
  sizeC?: number;
  sizeT?: number;
  thumbVersion?: number;
}

export interface Containers {
  projects: ContainerRow[];
  datasets: ContainerRow[];
  screens: ContainerRow[];
  plates: ContainerRow[];
  orphaned: { id: number; name: string; childCount: number };
}

export interface PathNode {
  type: Kind;
  id: number;
  childPage?: number;
}

export interface User {
  id: number;
  omeName: string;
  firstName: string;
  lastName: string;
}

export interface Group {
  id: number;
  name: string;
  perm: string;
}

export const EVERYBODY = -1;
export const isContainerOfImages = (kind: Kind): boolean => kind === "dataset" || kind === "orphaned";
export const canOpen = (node: TreeNode): boolean =>
  node.kind !== "image" && node.kind !== "plate" && node.kind !== "screen" && node.childCount > 0;

export function childKey(parent: string | null, kind: Kind, id: number): string {
  return `${parent ? `${parent}/` : ""}${kind}-${id}`;
}

export function makeNode(parent: string | null, kind: Kind, row: Partial<ContainerRow> & { id: number }): TreeNode {
  return {
    key: childKey(parent, kind, row.id),
    parent,
    kind,
    id: row.id,
    name: row.name ?? "",
    childCount: row.childCount ?? 0,
    owned: row.permsCss?.split(" ").includes("isOwned") ?? false,
    image: null,
    open: false,
    loading: false,
    error: null,
    children: null,
    pages: 0,
  };
}
