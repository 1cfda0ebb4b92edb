import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { address, messageOf } from "../shared/api";
import { Icon } from "../shared/icons";
import {
  type Annotation,
  type Annotations,
  type Details,
  dateText,
  fullName,
  hasDetails,
  lengthText,
  loadDetails,
  sizeText,
} from "./details";
import type { TreeNode } from "./model";

type Loaded = { details: Details; annotations: Annotations } | { error: string } | null;

export function DetailsPanel({ node }: { node: TreeNode | null }) {
  const [loaded, setLoaded] = useState<Loaded>(null);
  const [attempt, setAttempt] = useState(0);
  const wanted = node !== null && hasDetails(node.kind) ? `${node.kind}-${node.id}` : null;

  useEffect(() => {
    setLoaded(null);
    if (!wanted || !node) return;
    const abort = new AbortController();
    loadDetails(node.kind, node.id, abort.signal).then(
      ([details, annotations]) => setLoaded({ details, annotations }),
      (error: unknown) => abort.signal.aborted || setLoaded({ error: messageOf(error) }),
    );
    return () => abort.abort();
  }, [wanted, attempt]);

  if (!wanted) return <p class="details-note muted">Select a project, dataset or image to see what is known about it.</p>;
  if (loaded === null)
    return (
      <p class="details-note">
        <span class="spinner" /> Loading…
      </p>
    );
  if ("error" in loaded)
    return (
      <div class="details-note">
        <p class="message error">{loaded.error}</p>
        <button onClick={() => setAttempt(attempt + 1)}>Try again</button>
      </div>
    );
  return <Loaded {...loaded} />;
}

function Loaded({ details, annotations }: { details: Details; annotations: Annotations }) {
  return (
    <div class="details">
      <Head details={details} />
      {details.description && <p class="description">{details.description}</p>}
      <Facts details={details} />
      {details.pixels && details.pixels.channels.length > 0 && <Channels channels={details.pixels.channels} />}
      <AnnotationPanes {...annotations} />
    </div>
  );
}

function Head({ details }: { details: Details }) {
  const [copied, setCopied] = useState(false);
  const link = new URL(address("/webclient/", { show: `${details.type}-${details.id}` }), location.href).href;
  const copy = (): void => {
    void navigator.clipboard.writeText(link).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <header class="details-head">
      {details.type === "image" && (
        <a class="preview" href={address(`/webclient/img_detail/${details.id}/`)} target="_blank" rel="opener">
          <img src={address(`/webclient/render_thumbnail/size/256/${details.id}/`)} alt={`Preview of ${details.name}`} />
        </a>
      )}
      <h2>{details.name}</h2>
      <p class="muted">{`${details.type} ID ${details.id}`}</p>
      <div class="actions">
        {details.type === "image" && (
          <a class="button primary" href={address(`/webclient/img_detail/${details.id}/`)} target="_blank" rel="opener">
            <Icon name="open" size={16} /> Open viewer
          </a>
        )}
        <button onClick={copy}>
          <Icon name="link" size={16} /> <span aria-live="polite">{copied ? "Copied" : "Copy link"}</span>
        </button>
      </div>
    </header>
  );
}

function Facts({ details }: { details: Details }) {
  const { pixels } = details;
  const facts: [string, string][] = [
    ["Owner", fullName(details.owner)],
    ["Group", details.group.name],
  ];
  if (details.acquisitionDate) facts.push(["Acquired", dateText(details.acquisitionDate)]);
  facts.push([details.type === "image" ? "Imported" : "Created", dateText(details.importDate)]);
  if (details.childCount !== undefined) facts.push([details.type === "project" ? "Datasets" : "Images", String(details.childCount)]);
  if (pixels) {
    const { X, Y, Z } = pixels.physicalSize;
    facts.push(
      ["Size (X × Y)", `${pixels.sizeX} × ${pixels.sizeY}`],
      ["Z sections", String(pixels.sizeZ)],
      ["Time points", String(pixels.sizeT)],
      ["Channels", String(pixels.sizeC)],
      ["Pixel type", pixels.type],
      ["Pixel size (X, Y)", X || Y ? `${lengthText(X)}, ${lengthText(Y)}` : "–"],
    );
    if (pixels.sizeZ > 1 || Z) facts.push(["Z step", lengthText(Z)]);
  }
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Channels({ channels }: Pick<NonNullable<Details["pixels"]>, "channels">) {
  return (
    <Pane title="Channels" count={channels.length}>
      <ul class="channel-names">
        {channels.map((channel, at) => (
          <li key={at}>
            {channel.label === String(at) ? `Channel ${at + 1}` : channel.label}
            <span class="muted">
              {[channel.fluor, channel.excitation && `ex ${lengthText(channel.excitation)}`, channel.emission && `em ${lengthText(channel.emission)}`]
                .filter(Boolean)
                .join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </Pane>
  );
}

function AnnotationPanes({ annotations, experimenters }: Annotations) {
  const people = new Map(experimenters.map((user) => [user.id, fullName(user)]));
  const of = (name: string): Annotation[] => annotations.filter((annotation) => annotation.class === `${name}AnnotationI`);
  const tags = of("Tag");
  const maps = of("Map");
  const comments = of("Comment");
  const files = of("File");
  const by = (annotation: Annotation): string => people.get(annotation.owner.id) ?? "";
  return (
    <>
      <Pane title="Tags" count={tags.length}>
        {tags.length > 0 && (
          <ul class="tags">
            {tags.map((tag) => (
              <li key={tag.id} title={`Tag of ${by(tag)}`}>
                {tag.textValue}
              </li>
            ))}
          </ul>
        )}
      </Pane>
      <Pane title="Key-value pairs" count={maps.reduce((sum, map) => sum + (map.values?.length ?? 0), 0)}>
        {maps.map((map) => (
          <table key={map.id} class="pairs">
            <caption>{`Added by ${by(map)}`}</caption>
            <tbody>
              {map.values?.map(([key, value], at) => (
                <tr key={at}>
                  <th scope="row">{key}</th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        ))}
      </Pane>
      {files.length > 0 && (
        <Pane title="Attachments" count={files.length}>
          <ul>
            {files.map((file) => (
              <li key={file.id}>{file.file ? `${file.file.name} (${sizeText(file.file.size)})` : `File ${file.id}`}</li>
            ))}
          </ul>
        </Pane>
      )}
      {comments.length > 0 && (
        <Pane title="Comments" count={comments.length}>
          {comments.map((comment) => (
            <blockquote key={comment.id}>
              {comment.textValue} <cite class="muted">{by(comment)}</cite>
            </blockquote>
          ))}
        </Pane>
      )}
    </>
  );
}

function Pane({ title, count, children }: { title: string; count: number; children?: ComponentChildren }) {
  return (
    <section class="pane">
      <h3>
        {title} <span class="count">{count}</span>
      </h3>
      {count === 0 ? <p class="muted">None</p> : children}
    </section>
  );
}
