// How far the worker has read the uploaded files (templates/applications/recognition/_progress.html):
// asked again until it has; then "reading:finished" is told to what hangs on it.

import { get } from "./asking.js";

const WAITS = [1000, 2000, 2000, 3000, 5000];
const LONGEST = 10 * 60_000;
let waiting = null;
let since = 0;

async function ask(attempt) {
  const line = document.querySelector("[data-reading]");
  if (!line) return;
  try {
    const { response, trouble } = await get(line.dataset.reading, {
      headers: { Accept: "application/json", "X-Unattended": "yes" },
    });
    if (trouble) return;
    const { sentence, finished } = await response.json();
    if (line.textContent !== sentence) line.textContent = sentence;
    if (finished) {
      document.dispatchEvent(new CustomEvent("reading:finished"));
      return;
    }
  } catch { /* the next question, or the next load of the page, tells */ }
  if (Date.now() - since < LONGEST) wait(attempt + 1);
}

function wait(attempt) {
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(attempt), WAITS[Math.min(attempt, WAITS.length - 1)]);
}

// Begin to ask, as after an upload.
export function follow() {
  if (!document.querySelector("[data-reading]")) return;
  since = Date.now();
  wait(0);
}

if (document.querySelector("[data-reading][data-unfinished]")) follow();
