// The tree as a store: loads one level at a time, images page by page.
import { getJson, messageOf } from "../shared/api";
import { Store } from "../shared/store";
import {
  type ContainerRow,
  type Containers,
  type ImageRow,
  type Kind,
  type PathNode,
  type TreeNode,
  canOpen,
  childKey,
  isContainerOfImages,
  makeNode,
} from "./model";

export interface TreeState {
  nodes: ReadonlyMap<string, TreeNode>;
  root: string | null;
  selected: string | null;
}

export interface Scope {
  group: number;
  user: number;
  userName: string;
}

export class Tree extends Store<TreeState> {
  #scope: Scope = { group: -1, user: -1, userName: "" };
  #generation = 0;

  constructor(readonly pageSize: number) {
    super({ nodes: new Map(), root: null, selected: null });
  }

  node(key: string | null): TreeNode | null {
    return key === null ? null : (this.value.nodes.get(key) ?? null);
  }

  #change(key: string, change: Partial<TreeNode>): void {
    const node = this.node(key);
    if (!node) return;
    const nodes = new Map(this.value.nodes);
    nodes.set(key, { ...node, ...change });
    this.set({ ...this.value, nodes });
  }

  #adopt(parent: string, rows: TreeNode[], change: Partial<TreeNode>): void {
    const nodes = new Map(this.value.nodes);
    const owner = nodes.get(parent);
    if (!owner) return;
    for (const row of rows) nodes.set(row.key, { ...row, ...keep(nodes.get(row.key)) });
    nodes.set(parent, { ...owner, loading: false, error: null, ...change });
    this.set({ ...this.value, nodes });
  }

  /** Shows the data of a user in a group; forgets what was there before. */
  async show(scope: Scope): Promise<void> {
    this.#scope = scope;
    this.#generation += 1;
    const root = makeNode(null, "experimenter", { id: scope.user, name: scope.userName, childCount: 1 });
    this.set({ nodes: new Map([[root.key, { ...root, open: true }]]), root: root.key, selected: null });
    await this.load(root.key);
  }

  select(key: string | null): void {
    this.set({ ...this.value, selected: key });
    const node = this.node(key);
    if (node && isContainerOfImages(node.kind) && node.children === null) void this.load(node.key);
    if (node?.kind === "project" && node.children === null) void this.load(node.key);
  }

  async toggle(key: string, open?: boolean): Promise<void> {
    const node = this.node(key);
    if (!node || !canOpen(node)) return;
    const opened = open ?? !node.open;
    this.#change(key, { open: opened });
    if (opened && node.children === null) await this.load(key);
  }

  /** Loads the children of a node, or the next page of its images. */
  async load(key: string): Promise<void> {
    const node = this.node(key);
    if (!node || node.loading) return;
    const generation = this.#generation;
    this.#change(key, { loading: true, error: null });
    try {
      const change = await this.#fetch(node);
      if (generation === this.#generation) this.#adopt(key, change.rows, change.node);
    } catch (error) {
      if (generation === this.#generation) this.#change(key, { loading: false, error: messageOf(error) });
    }
  }

  async reload(key: string): Promise<void> {
    this.#change(key, { children: null, pages: 0 });
    await this.load(key);
  }

  async #fetch(node: TreeNode): Promise<{ rows: TreeNode[]; node: Partial<TreeNode> }> {
    if (node.kind === "experimenter") return this.#fetchTop(node);
    if (node.kind === "project") {
      const query = { id: node.id, group: this.#scope.group, page: 0 };
      const { datasets } = await getJson<{ datasets: ContainerRow[] }>("/webclient/api/datasets/", query);
      const rows = datasets.map((row) => makeNode(node.key, "dataset", row));
      return { rows, node: { children: rows.map((row) => row.key), childCount: rows.length } };
    }
    return this.#fetchImages(node);
  }

  async #fetchTop(node: TreeNode): Promise<{ rows: TreeNode[]; node: Partial<TreeNode> }> {
    const query = { id: node.id, group: this.#scope.group, page: 0 };
    const found = await getJson<Containers>("/webclient/api/containers/", query);
    const make = (kind: Kind) => (row: ContainerRow) => makeNode(node.key, kind, row);
    const rows = [
      ...found.projects.map(make("project")),
      ...found.datasets.map(make("dataset")),
      ...found.screens.map(make("screen")),
      ...found.plates.map(make("plate")),
    ];
    if (found.orphaned.childCount > 0) rows.push(makeNode(node.key, "orphaned", found.orphaned));
    return { rows, node: { children: rows.map((row) => row.key), childCount: rows.length } };
  }

  async #fetchImages(node: TreeNode): Promise<{ rows: TreeNode[]; node: Partial<TreeNode> }> {
    const page = node.pages + 1;
    const place =
      node.kind === "orphaned"
        ? { orphaned: true, experimenter_id: node.id, group: this.#scope.group }
        : { id: node.id, group: this.#scope.group };
    const query = { ...place, page, limit: this.pageSize, sizeXYZ: true, thumbVersion: true };
    const { images } = await getJson<{ images: ImageRow[] }>("/webclient/api/images/", query);
    const rows = images.map((row) => ({ ...makeNode(node.key, "image", row), image: row }));
    const children = [...(node.children ?? []), ...rows.map((row) => row.key)];
    // Somebody may have added or removed images since the count was made.
    const childCount = images.length < this.pageSize ? children.length : Math.max(node.childCount, children.length);
    return { rows, node: { children, pages: page, childCount } };
  }

  /** Opens the tree down to an object and selects it. False when the path is not in this tree. */
  async reveal(path: readonly PathNode[]): Promise<boolean> {
    let key = this.value.root;
    for (const step of path.slice(1)) {
      if (key === null) return false;
      const next: string = childKey(key, step.type, step.id);
      if (!(await this.#find(key, next))) return false;
      await this.toggle(key, true);
      key = next;
    }
    this.select(key);
    return key !== null;
  }

  async #find(parent: string, key: string): Promise<boolean> {
    for (;;) {
      const node = this.node(parent);
      if (!node || node.error !== null) return false;
      if (node.children?.includes(key)) return true;
      if (node.children !== null && (!isContainerOfImages(node.kind) || node.children.length >= node.childCount)) return false;
      await this.load(parent);
      // Another load of the same node may be running; let it finish.
      if (this.node(parent)?.loading) await new Promise((done) => setTimeout(done, 30));
    }
  }
}

/** What a node keeps when its row is loaded again. */
function keep(old: TreeNode | undefined): Partial<TreeNode> {
  return old ? { open: old.open, children: old.children, pages: old.pages } : {};
}

/** The keys of all rows that are on show, from top to bottom. */
export function visibleRows(state: TreeState): string[] {
  const rows: string[] = [];
  const visit = (key: string): void => {
    const node = state.nodes.get(key);
    if (!node) return;
    rows.push(key);
    if (node.open) node.children?.forEach(visit);
  };
  if (state.root) visit(state.root);
  return rows;
}
