// The proposed sorting of files (templates/applications/recognition/sorting.html) fills in while the
// worker reads: lines in which nobody has chosen anything are drawn anew. Without this file the page
// is loaded again.
import { get } from "./asking.js";
import "./reading.js";

const form = document.querySelector("[data-sorting]");
const told = document.querySelector("[data-reading]");
if (form && told) {
  const chosen = new Set(); // keys of the files of which somebody has chosen something
  form.addEventListener("change", (event) => {
    chosen.add(event.target.closest("[data-file]").dataset.file);
  });

  const lines = (part) => [...part.querySelectorAll("tr[data-file]")];
  // The server compares everything anew for it.
  const PAUSE = 10_000;
  let isAsking = false;
  let askedAt = 0;
  const refresh = async () => {
    if (isAsking) return;
    isAsking = true;
    askedAt = Date.now();
    try {
      const { response, trouble } = await get(location.href, { headers: { "X-Unattended": "yes" } });
      if (trouble || !response.ok || response.redirected) return;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const fresh of lines(page)) {
        const key = fresh.dataset.file;
        const old = lines(form).find((line) => line.dataset.file === key);
        if (!old) form.querySelector("tbody").append(fresh);
        else if (!chosen.has(key) && !old.contains(document.activeElement)) old.replaceWith(fresh);
      }
    } catch { /* the next change, or the next load of the page, tells */ } finally {
      isAsking = false;
    }
  };
  const refreshNowAndThen = () => { if (Date.now() - askedAt > PAUSE) refresh(); };
  new MutationObserver(refreshNowAndThen).observe(told, { childList: true, characterData: true, subtree: true });
  document.addEventListener("reading:finished", refresh);
}
