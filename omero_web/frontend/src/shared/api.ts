// Requests to the server, and what the page was told about itself.

export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface CommonPageData {
  root: string;
  pingInterval: number;
  pageSize: number;
  thumbnailsBatch: number;
}

export function pageData<T extends CommonPageData>(): T {
  return JSON.parse(document.getElementById("page-data")?.textContent ?? "{}") as T;
}

const root = (): string => pageData().root;

type Query = Record<string, string | number | boolean | readonly number[] | undefined>;

export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value === "object") for (const item of value) parameters.append(name, String(item));
    else parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return root() + path + (text ? `?${text}` : "");
}

const endListeners = new Set<() => void>();

/** Calls `listener` when the server no longer knows the session. */
export function onSessionEnd(listener: () => void): () => void {
  endListeners.add(listener);
  return () => endListeners.delete(listener);
}

export function sessionEnded(): void {
  for (const listener of endListeners) listener();
}

export function loginAddress(): string {
  return address("/webclient/login/", { url: location.pathname + location.search });
}

export async function request(url: string, signal?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { "X-Requested-With": "XMLHttpRequest", Accept: "application/json" },
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new RequestError(0, "The server cannot be reached. Check the network connection.");
  }
  if (response.ok) return response;
  const text = await response.text();
  // An empty 403 means: not logged in (any more).
  if (response.status === 403 && text === "") sessionEnded();
  throw new RequestError(response.status, explain(response, text));
}

function explain(response: Response, text: string): string {
  if (response.status === 403 && text === "") return "Your session has ended.";
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    const body = JSON.parse(text) as { message?: string };
    if (body.message) return body.message;
  }
  const plain = response.headers.get("Content-Type")?.startsWith("text/plain");
  return plain && text ? text : `The server answered with an error (${response.status}).`;
}

export async function getJson<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await request(address(path, query), signal)).json() as Promise<T>;
}

/** Tells the server every `interval` milliseconds that the page is open; 0 means never. */
export function keepAlive(interval: number): void {
  if (interval <= 0) return;
  setInterval(() => {
    void request(address("/webclient/keepalive_ping/"))
      .then((response) => response.text())
      .then((text) => text === "OK" || sessionEnded())
      .catch(() => undefined); // request() has told the listeners; a lost network comes back
  }, interval);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
