import { useEffect, useRef, useState } from "preact/hooks";
import { type CommonPageData, pageData } from "../shared/api";
import { Icon } from "../shared/icons";
import { useStore } from "../shared/store";
import { type TreeNode, isContainerOfImages } from "./model";
import { Thumbs } from "./thumbs";
import type { Tree, TreeState } from "./tree";

const SMALL_THUMB = 96;
const LARGE_THUMB = 256;

/** The container whose content is shown: the selected one, or the one around the selected image. */
export function shownContainer(state: TreeState): TreeNode | null {
  const selected = state.selected === null ? undefined : state.nodes.get(state.selected);
  if (!selected) return null;
  if (selected.kind !== "image") return selected;
  return selected.parent === null ? null : (state.nodes.get(selected.parent) ?? null);
}

export function ThumbnailPanel(props: { tree: Tree; thumbs: Thumbs; openImage: (id: number) => void }) {
  const state = useStore(props.tree);
  const [size, setSize] = useState(120);
  const container = shownContainer(state) ?? (state.root ? (state.nodes.get(state.root) ?? null) : null);
  if (!container) return <Empty title="Loading…" text="" />;
  return (
    <>
      <header class="panel-head">
        <h2 title={container.name}>
          <Icon name={container.kind} /> {container.name}
        </h2>
        {isContainerOfImages(container.kind) && (
          <>
            <span class="muted">{`${container.childCount} image${container.childCount === 1 ? "" : "s"}`}</span>
            <label class="thumb-size">
              <span class="visually-hidden">Size of the thumbnails</span>
              <Icon name="image" size={14} />
              <input type="range" min="72" max="256" value={size} onInput={(e) => setSize(Number(e.currentTarget.value))} />
              <Icon name="image" size={20} />
            </label>
          </>
        )}
      </header>
      <Content {...props} state={state} container={container} size={size} />
    </>
  );
}

interface ContentProps {
  tree: Tree;
  thumbs: Thumbs;
  openImage: (id: number) => void;
  state: TreeState;
  container: TreeNode;
  size: number;
}

function Content(props: ContentProps) {
  const { container, tree, state } = props;
  if (container.error)
    return (
      <Empty title="This could not be loaded" text={container.error}>
        <button onClick={() => void tree.load(container.key)}>Try again</button>
      </Empty>
    );
  if (container.kind === "screen" || container.kind === "plate")
    return <Empty title="Plates are not shown yet" text="Screens and plates will be shown in a later version." />;
  if (container.children === null)
    return container.childCount === 0 ? <NothingIn container={container} /> : <Empty title="Loading…" text="" busy />;
  if (container.children.length === 0) return <NothingIn container={container} />;
  if (isContainerOfImages(container.kind)) return <Grid {...props} />;
  return (
    <div class="folders">
      {container.children.map((key) => {
        const node = state.nodes.get(key);
        return node && <Folder key={key} node={node} open={() => void tree.toggle(container.key, true).then(() => tree.select(key))} />;
      })}
    </div>
  );
}

function Folder({ node, open }: { node: TreeNode; open: () => void }) {
  return (
    <button class="folder" onClick={open}>
      <Icon name={node.kind} size={30} class={`kind ${node.kind}`} />
      <span class="folder-name">{node.name}</span>
      <span class="muted">{node.childCount}</span>
    </button>
  );
}

interface FirstSteps extends CommonPageData {
  user: { id: number };
  login: string;
  isAdmin: boolean;
}

function NothingIn({ container }: { container: TreeNode }) {
  if (container.kind === "experimenter") return <NoData owner={container.id} />;
  if (container.kind === "project")
    return <Empty title="This project has no datasets" text="Create one with “omero obj new Dataset name=…” and link it." />;
  return (
    <Empty title="This dataset has no images" text="Import images into it with the command line:">
      <code>{`omero import -d ${container.id} FILE…`}</code>
    </Empty>
  );
}

/** The first thing that a new user sees: how images come in. */
function NoData({ owner }: { owner: number }) {
  const { user, login, isAdmin } = pageData<FirstSteps>();
  if (owner !== user.id) return <Empty title="No data here" text="In this group there is nothing of this user that you may see." />;
  return (
    <Empty title="No data here yet" text="Import your first images with the command line:">
      <pre>
        <code>{`omero login ${login}\nomero import FILE_OR_FOLDER…`}</code>
      </pre>
      <p class="muted">Press the round arrow above the tree to see what has arrived. To sort it into a dataset from the start:</p>
      <pre>
        <code>{`omero obj new Dataset name="My first dataset"\nomero import -d DATASET_ID FILE_OR_FOLDER…`}</code>
      </pre>
      {isAdmin && (
        <>
          <p class="muted">You are an administrator. Make a group and an account for everyday work:</p>
          <pre>
            <code>{`omero group add my-lab --type read-annotate\nomero user add ada Ada Lovelace my-lab`}</code>
          </pre>
        </>
      )}
    </Empty>
  );
}

function Empty(props: { title: string; text: string; busy?: boolean; children?: preact.ComponentChildren }) {
  return (
    <div class="empty" aria-live="polite">
      {props.busy && <span class="spinner" />}
      <h3>{props.title}</h3>
      {props.text && <p class="muted">{props.text}</p>}
      {props.children}
    </div>
  );
}

function Grid({ tree, thumbs, openImage, state, container, size }: ContentProps) {
  const grid = useRef<HTMLDivElement>(null);
  const loaded = useStore(thumbs);
  const thumbSize = size > 130 ? LARGE_THUMB : SMALL_THUMB;
  const keys = container.children ?? [];
  const more = keys.length < container.childCount;

  // One observer asks for the thumbnails that come into view, and for the next page when the end does.
  useEffect(() => {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          const node = tree.node((target as HTMLElement).dataset["key"] ?? null);
          if (node?.image) thumbs.want(node.id, thumbSize, node.image.thumbVersion);
          else void tree.load(container.key);
        }
      },
      { root: grid.current?.closest(".panel-body") ?? null, rootMargin: "300px" },
    );
    grid.current?.querySelectorAll("[data-observe]").forEach((card) => observer.observe(card));
    return () => observer.disconnect();
  }, [container.key, keys.length, thumbSize, tree, thumbs]);

  useEffect(() => {
    grid.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [state.selected]);

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = keys.indexOf(state.selected ?? "");
    const columns = columnsOf(grid.current);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const selected = tree.node(state.selected);
    if (event.key === "Enter" && selected?.image) openImage(selected.id);
    const next = step === undefined ? undefined : keys[at < 0 ? 0 : at + step];
    if (step !== undefined) event.preventDefault();
    if (next === undefined) return;
    tree.select(next);
    grid.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(next)}"]`)?.focus();
  };

  return (
    <div
      class="grid"
      role="listbox"
      aria-label={`Images of ${container.name}`}
      ref={grid}
      style={{ "--thumb": `${size}px` }}
      onKeyDown={onKeyDown}
    >
      {keys.map((key, at) => {
        const node = state.nodes.get(key);
        if (!node?.image) return null;
        const thumb = loaded.get(Thumbs.key(node.id, thumbSize, node.image.thumbVersion));
        const selected = state.selected === key;
        return (
          <div
            key={key}
            class={`thumb${selected ? " selected" : ""}`}
            role="option"
            aria-selected={selected}
            tabIndex={selected || (at === 0 && !keys.includes(state.selected ?? "")) ? 0 : -1}
            data-key={key}
            data-observe
            title={node.name}
            onClick={() => tree.select(key)}
            onDblClick={() => openImage(node.id)}
          >
            <span class="thumb-picture">
              {thumb === undefined && <span class="spinner" />}
              {thumb === "missing" && <span class="muted">no preview</span>}
              {thumb !== undefined && thumb !== "missing" && <img src={thumb} alt="" draggable={false} />}
            </span>
            <span class="thumb-name">{node.name}</span>
          </div>
        );
      })}
      {more && (
        <div class="more" data-observe>
          <span class="spinner" /> {`${keys.length} of ${container.childCount}`}
        </div>
      )}
    </div>
  );
}

function columnsOf(grid: HTMLElement | null): number {
  return grid ? getComputedStyle(grid).gridTemplateColumns.split(" ").length : 1;
}
