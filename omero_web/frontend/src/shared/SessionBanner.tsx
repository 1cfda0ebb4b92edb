import { useEffect, useState } from "preact/hooks";
import { loginAddress, onSessionEnd } from "./api";

/** Says that the session has ended and how to go on; what is on the page stays. */
export function SessionBanner() {
  const [ended, setEnded] = useState(false);
  useEffect(() => onSessionEnd(() => setEnded(true)), []);
  if (!ended) return null;
  return (
    <div class="session-banner" role="alert">
      Your session has ended. <a href={loginAddress()}>Log in again</a> to go on where you are.
    </div>
  );
}
