// The main page: tree, thumbnails and details.
import { render } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { DetailsPanel } from "./client/DetailsPanel";
import { Splitter } from "./client/Splitter";
import { ThumbnailPanel } from "./client/Thumbnails";
import { type ScopeChoice, TopBar } from "./client/TopBar";
import { TreePanel } from "./client/TreePanel";
import { fullName } from "./client/details";
import { EVERYBODY, type Group, type PathNode, type User } from "./client/model";
import { Thumbs } from "./client/thumbs";
import { Tree } from "./client/tree";
import { SessionBanner } from "./shared/SessionBanner";
import { type CommonPageData, address, getJson, keepAlive, pageData, request } from "./shared/api";
import { Icon } from "./shared/icons";
import { useStore } from "./shared/store";
import "./styles/client.css";

interface PageData extends CommonPageData {
  user: User;
  groups: Group[];
  activeGroup: number;
  activeUser: number;
  logo: string;
}

const page = pageData<PageData>();
const tree = new Tree(page.pageSize);
const thumbs = new Thumbs(page.thumbnailsBatch);

type PaneName = "tree" | "centre" | "details";
const PANES: [PaneName, string, string][] = [
  ["tree", "Tree", "project"],
  ["centre", "Images", "image"],
  ["details", "Details", "dataset"],
];

function openImage(id: number): void {
  window.open(address(`/webclient/img_detail/${id}/`), "_blank");
}

async function userById(id: number): Promise<User> {
  if (id === page.user.id) return page.user;
  return (await getJson<{ experimenter: User }>(`/webclient/api/experimenters/${id}/`)).experimenter;
}

function show(scope: ScopeChoice): Promise<void> {
  return tree.show({ group: scope.group, user: scope.user.id, userName: fullName(scope.user) });
}

/** What the address asks to see, as in `?show=image-12`: the way to it, or null. */
async function wantedPath(): Promise<PathNode[] | null> {
  const match = /^(project|dataset|image)-(\d+)/.exec(new URLSearchParams(location.search).get("show") ?? "");
  if (!match) return null;
  const { paths } = await getJson<{ paths: PathNode[][] }>("/webclient/api/paths_to_object/", { [match[1] ?? ""]: match[2] });
  return paths[0] ?? null;
}

function useStart(setScope: (scope: ScopeChoice) => void, setNotice: (text: string) => void): void {
  useEffect(() => {
    const start = async (): Promise<void> => {
      const asked = new URLSearchParams(location.search).has("show");
      const path = asked ? await wantedPath().catch(() => null) : null;
      const owner = path?.[0]?.id;
      const user = await userById(owner !== undefined && page.activeUser !== EVERYBODY ? owner : page.activeUser);
      const scope = { group: path ? await groupOf(path) : page.activeGroup, user };
      setScope(scope);
      await show(scope);
      const found = path !== null && (await tree.reveal(path));
      if (asked && !found) setNotice("The linked object was not found, or you may not see it.");
      else if (!found) tree.select(tree.value.root);
    };
    void start();
  }, []);
}

async function groupOf(path: PathNode[]): Promise<number> {
  const last = path.at(-1);
  if (!last || last.type === "experimenter") return page.activeGroup;
  const found = await getJson<{ group: { id: number } }>(`/webclient/metadata_details/${last.type}/${last.id}/`);
  return found.group.id;
}

function App() {
  const state = useStore(tree);
  const [scope, setScope] = useState<ScopeChoice>({ group: page.activeGroup, user: page.user });
  const [pane, setPane] = useState<PaneName>("centre");
  const [notice, setNotice] = useState("");
  const selected = state.selected === null ? null : (state.nodes.get(state.selected) ?? null);

  useStart(setScope, setNotice);
  useEffect(() => {
    if (!selected || selected.kind === "experimenter" || selected.kind === "orphaned") return;
    history.replaceState(null, "", address("/webclient/", { show: `${selected.kind}-${selected.id}` }));
    document.title = `${selected.name} – OMERO`;
  }, [selected?.key]);

  const choose = useMemo(
    () => (chosen: ScopeChoice) => {
      setScope(chosen);
      setNotice("");
      const url = address("/webclient/keepalive_ping/");
      void request(address("/webclient/active_group/", { active_group: chosen.group, url })).catch(() => undefined);
      void show(chosen).then(() => tree.select(tree.value.root));
    },
    [],
  );

  return (
    <div class={`client show-${pane}`}>
      <TopBar logo={page.logo} me={page.user} groups={page.groups} scope={scope} choose={choose} />
      <SessionBanner />
      {notice && (
        <div class="notice" role="status">
          {notice} <button onClick={() => setNotice("")}>Dismiss</button>
        </div>
      )}
      <main class="panels">
        <section class="panel tree-panel" aria-label="Tree">
          <header class="panel-head">
            <h2>Data</h2>
            <button
              class="icon-button"
              title="Reload the selected container"
              aria-label="Reload the selected container"
              onClick={() => void tree.reload(reloadKey(state.selected) ?? "")}
            >
              <Icon name="refresh" />
            </button>
          </header>
          <div class="panel-body">
            <TreePanel tree={tree} openImage={openImage} />
          </div>
        </section>
        <Splitter label="Width of the tree" property="--tree-width" direction={1} initial={290} />
        <section class="panel centre-panel" aria-label="Images">
          <div class="panel-body">
            <ThumbnailPanel tree={tree} thumbs={thumbs} openImage={openImage} />
          </div>
        </section>
        <Splitter label="Width of the details" property="--details-width" direction={-1} initial={330} />
        <section class="panel details-panel" aria-label="Details">
          <div class="panel-body">
            <DetailsPanel node={selected} />
          </div>
        </section>
      </main>
      <nav class="pane-tabs" aria-label="Panels">
        {PANES.map(([name, label, icon]) => (
          <button key={name} aria-pressed={pane === name} onClick={() => setPane(name)}>
            <Icon name={icon} /> {label}
          </button>
        ))}
      </nav>
    </div>
  );
}

function reloadKey(selected: string | null): string | null {
  const node = tree.node(selected);
  if (!node) return tree.value.root;
  return node.kind === "image" ? node.parent : node.key;
}

keepAlive(page.pingInterval);
const place = document.getElementById("app");
if (place) render(<App />, place);
