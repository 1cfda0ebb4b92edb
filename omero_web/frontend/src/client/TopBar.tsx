import { useEffect, useRef, useState } from "preact/hooks";
import { address, getJson, messageOf } from "../shared/api";
import { Icon } from "../shared/icons";
import { fullName } from "./details";
import { EVERYBODY, type Group, type User } from "./model";

export interface ScopeChoice {
  group: number;
  user: User;
}

interface TopBarProps {
  logo: string;
  me: User;
  groups: Group[];
  scope: ScopeChoice;
  choose: (scope: ScopeChoice) => void;
}

export function TopBar(props: TopBarProps) {
  return (
    <header class="top-bar">
      <a class="brand" href={address("/webclient/")}>
        <img src={props.logo} alt="" width="26" height="26" /> OMERO
      </a>
      <ScopeMenu {...props} />
      <span class="spacer" />
      <span class="who" title={`Logged in as ${props.me.omeName}`}>
        <Icon name="experimenter" /> <span>{fullName(props.me)}</span>
      </span>
      <a class="button" href={address("/webclient/logout/")} aria-label="Log out">
        <Icon name="logout" /> <span class="wide-only">Log out</span>
      </a>
    </header>
  );
}

/** Whose data is shown: a group, and in it one user or all members. */
function ScopeMenu({ groups, scope, choose, me }: TopBarProps) {
  const [open, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const group = groups.find((found) => found.id === scope.group);

  useEffect(() => {
    if (!open) return;
    const close = (event: Event): void => {
      const outside = event instanceof MouseEvent && !menu.current?.contains(event.target as Node);
      if (outside || (event instanceof KeyboardEvent && event.key === "Escape")) setOpen(false);
    };
    addEventListener("mousedown", close);
    addEventListener("keydown", close);
    return () => {
      removeEventListener("mousedown", close);
      removeEventListener("keydown", close);
    };
  }, [open]);

  return (
    <div class="scope" ref={menu}>
      <button aria-expanded={open} aria-haspopup="dialog" onClick={() => setOpen(!open)}>
        <Icon name="group" />
        <span>{group?.name ?? `Group ${scope.group}`}</span>
        <span class="muted">/</span>
        <span>{scope.user.id === me.id ? `${fullName(me)} (you)` : fullName(scope.user)}</span>
        <Icon name="down" size={14} />
      </button>
      {open && (
        <ScopeDialog
          groups={groups}
          scope={scope}
          me={me}
          choose={(chosen) => {
            setOpen(false);
            choose(chosen);
          }}
        />
      )}
    </div>
  );
}

interface ApiPerson {
  "@id": number;
  UserName: string;
  FirstName: string;
  LastName: string;
}

const EVERYONE: User = { id: EVERYBODY, omeName: "", firstName: "All members", lastName: "" };

function ScopeDialog({ groups, scope, me, choose }: Omit<TopBarProps, "logo">) {
  const [group, setGroup] = useState(scope.group);
  const [people, setPeople] = useState<User[] | null>(null);
  const [error, setError] = useState("");
  const [filter, setFilter] = useState("");

  useEffect(() => {
    setPeople(null);
    setError("");
    const abort = new AbortController();
    const path = `/api/v0/m/experimentergroups/${group}/experimenters/`;
    getJson<{ data: ApiPerson[] }>(path, { limit: 500 }, abort.signal).then(
      ({ data }) => setPeople(data.map(userOf)),
      (reason: unknown) => abort.signal.aborted || setError(messageOf(reason)),
    );
    return () => abort.abort();
  }, [group]);

  const matches = (text: string): boolean => text.toLowerCase().includes(filter.toLowerCase());
  const others = (people ?? []).filter((user) => user.id !== me.id && matches(`${fullName(user)} ${user.omeName}`));
  const users = filter ? others : [me, EVERYONE, ...others];
  return (
    <div class="scope-dialog" role="dialog" aria-label="Whose data to show">
      <input
        placeholder="Filter groups and users"
        aria-label="Filter groups and users"
        value={filter}
        onInput={(event) => setFilter(event.currentTarget.value)}
        autofocus
      />
      <div class="scope-columns">
        <div role="listbox" aria-label="Groups">
          {groups
            .filter((found) => found.id === group || matches(found.name))
            .map((found) => (
              <button key={found.id} role="option" aria-selected={found.id === group} onClick={() => setGroup(found.id)}>
                <Icon name="group" /> {found.name} <span class="muted perm">{PERMISSION_NAMES[found.perm] ?? found.perm}</span>
              </button>
            ))}
        </div>
        <div role="listbox" aria-label="Users">
          {error && <p class="message error">{error}</p>}
          {people === null && !error && <span class="spinner" />}
          {people !== null &&
            users.map((user) => (
              <button
                key={user.id}
                role="option"
                aria-selected={group === scope.group && user.id === scope.user.id}
                onClick={() => choose({ group, user })}
              >
                <Icon name={user.id === EVERYBODY ? "group" : "experimenter"} />
                {fullName(user)} <span class="muted">{user.id === me.id ? "you" : user.omeName}</span>
              </button>
            ))}
          {people !== null && users.length === 0 && <p class="muted">Nobody matches.</p>}
        </div>
      </div>
    </div>
  );
}

const PERMISSION_NAMES: Record<string, string> = {
  "rw----": "private",
  "rwr---": "read-only",
  "rwra--": "read-annotate",
  "rwrw--": "read-write",
};

function userOf(person: ApiPerson): User {
  return { id: person["@id"], omeName: person.UserName, firstName: person.FirstName, lastName: person.LastName };
}
