import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../shared/icons";
import { useStore } from "../shared/store";
import { type TreeNode, canOpen, isContainerOfImages } from "./model";
import { type Tree, type TreeState, visibleRows } from "./tree";

const KIND_NAMES: Record<string, string> = {
  experimenter: "User",
  project: "Project",
  dataset: "Dataset",
  orphaned: "Folder",
  screen: "Screen",
  plate: "Plate",
  image: "Image",
};

export function TreePanel({ tree, openImage }: { tree: Tree; openImage: (id: number) => void }) {
  const state = useStore(tree);
  const panel = useRef<HTMLDivElement>(null);

  useEffect(() => {
    panel.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [state.selected]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const next = keyTarget(event.key, state);
    const node = tree.node(state.selected);
    if (event.key === "Enter" && node?.kind === "image") openImage(node.id);
    if (next === undefined) return;
    event.preventDefault();
    if (next === "open" || next === "close") void tree.toggle(state.selected ?? "", next === "open");
    else if (next !== null) {
      tree.select(next);
      panel.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(next)}"]`)?.focus();
    }
  };

  return (
    <div class="tree" role="tree" aria-label="Data" ref={panel} onKeyDown={onKeyDown}>
      {state.root && <Row tree={tree} state={state} nodeKey={state.root} level={1} openImage={openImage} />}
    </div>
  );
}

/** The row that an arrow key leads to, or what it does to the selected row; undefined for other keys. */
export function keyTarget(key: string, state: TreeState): string | null | "open" | "close" | undefined {
  const rows = visibleRows(state);
  const at = state.selected === null ? -1 : rows.indexOf(state.selected);
  const node = state.selected === null ? undefined : state.nodes.get(state.selected);
  switch (key) {
    case "ArrowDown":
      return rows[at + 1] ?? null;
    case "ArrowUp":
      return rows[Math.max(at - 1, 0)] ?? null;
    case "Home":
      return rows[0] ?? null;
    case "End":
      return rows.at(-1) ?? null;
    case "ArrowRight":
      if (!node || !canOpen(node)) return null;
      return node.open ? (rows[at + 1] ?? null) : "open";
    case "ArrowLeft":
      if (!node) return null;
      return node.open && canOpen(node) ? "close" : node.parent;
    default:
      return undefined;
  }
}

interface RowProps {
  tree: Tree;
  state: TreeState;
  nodeKey: string;
  level: number;
  openImage: (id: number) => void;
}

function Row({ tree, state, nodeKey, level, openImage }: RowProps) {
  const node = state.nodes.get(nodeKey);
  if (!node) return null;
  const selected = state.selected === nodeKey;
  const opens = canOpen(node);
  return (
    <div class="tree-item">
      <div
        class={`tree-row${selected ? " selected" : ""}`}
        role="treeitem"
        aria-level={level}
        aria-selected={selected}
        {...(opens ? { "aria-expanded": node.open } : {})}
        aria-label={`${KIND_NAMES[node.kind]} ${node.name}${countText(node)}`}
        tabIndex={selected || (state.selected === null && level === 1) ? 0 : -1}
        data-key={node.key}
        style={{ paddingLeft: `${(level - 1) * 16 + 4}px` }}
        onClick={() => tree.select(nodeKey)}
        onDblClick={() => (node.kind === "image" ? openImage(node.id) : void tree.toggle(nodeKey))}
      >
        <span
          class={`twisty${opens ? "" : " none"}${node.open ? " open" : ""}`}
          onClick={(event) => {
            event.stopPropagation();
            void tree.toggle(nodeKey);
          }}
        >
          <Icon name="chevron" size={14} />
        </span>
        <Icon name={node.kind} class={`kind ${node.kind}`} />
        <span class="tree-name" title={node.name}>
          {node.name}
        </span>
        {countText(node) && <span class="count">{node.childCount}</span>}
        {node.loading && <span class="spinner small" />}
      </div>
      {node.open && <Children tree={tree} state={state} node={node} level={level} openImage={openImage} />}
    </div>
  );
}

function countText(node: TreeNode): string {
  return node.kind === "image" || node.kind === "experimenter" ? "" : `, ${node.childCount}`;
}

function Children({ tree, state, node, level, openImage }: Omit<RowProps, "nodeKey"> & { node: TreeNode }) {
  const indent = { paddingLeft: `${level * 16 + 26}px` };
  const loaded = node.children?.length ?? 0;
  return (
    <div role="group">
      {node.error && (
        <div class="tree-note error" style={indent}>
          {node.error} <button onClick={() => void tree.load(node.key)}>Try again</button>
        </div>
      )}
      {node.children?.map((key) => (
        <Row key={key} tree={tree} state={state} nodeKey={key} level={level + 1} openImage={openImage} />
      ))}
      {isContainerOfImages(node.kind) && node.children !== null && loaded < node.childCount && (
        <div class="tree-note" style={indent}>
          <button disabled={node.loading} onClick={() => void tree.load(node.key)}>
            {`Show more (${loaded} of ${node.childCount})`}
          </button>
        </div>
      )}
    </div>
  );
}
