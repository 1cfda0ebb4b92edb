// The viewer page: one image in the full window.
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type CommonPageData, getJson, keepAlive, messageOf, pageData } from "./shared/api";
import { Viewer } from "./viewer/Viewer";
import type { ImageData } from "./viewer/settings";
import "ol/ol.css";
import "./styles/viewer.css";

const page = pageData<CommonPageData & { imageId: number }>();

function Start() {
  const [data, setData] = useState<ImageData | null>(null);
  const [error, setError] = useState("");
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    setError("");
    getJson<ImageData>(`/webgateway/imgData/${page.imageId}/`).then(
      (found) => {
        document.title = `${found.meta.imageName} – OMERO`;
        setData(found);
      },
      (reason: unknown) => setError(messageOf(reason)),
    );
  }, [attempt]);
  if (data) return <Viewer data={data} />;
  return (
    <div class="viewer-start">
      {error ? (
        <>
          <p class="message error" role="alert">
            {error}
          </p>
          <button onClick={() => setAttempt(attempt + 1)}>Try again</button>
        </>
      ) : (
        <>
          <span class="spinner" /> Loading the image…
        </>
      )}
    </div>
  );
}

keepAlive(page.pingInterval);
const place = document.getElementById("app");
if (place) render(<Start />, place);
