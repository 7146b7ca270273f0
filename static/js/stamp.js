// What is found of the scan of the stamped form, put in place as the worker reads it.
// Without this file the next load of the page shows it.

import { get } from "./asking.js";

const WAITS = [1500, 2000, 3000, 5000];
const LONGEST = 10 * 60_000;
const place = document.querySelector("[data-stamp-check]");
const since = Date.now();
let shown = "";

async function ask(attempt) {
  try {
    const { response, trouble } = await get(place.dataset.stampCheck, {
      headers: { Accept: "application/json", "X-Unattended": "yes" },
    });
    if (trouble) return;
    const { tag, check, waits } = await response.json();
    // Said again only when there is something new to say.
    if (check !== shown) place.innerHTML = shown = check;
    if (!waits) {
      document.querySelector("[data-stamp-tag]").innerHTML = tag;
      return;
    }
  } catch { /* asked again */ }
  if (Date.now() - since < LONGEST) wait(attempt + 1);
}

function wait(attempt) {
  setTimeout(() => ask(attempt), WAITS[Math.min(attempt, WAITS.length - 1)]);
}

if (place?.matches("[data-waits]")) wait(0);
