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
    const isNew = check !== shown;
    if (isNew) show(check);
    if (!waits) {
      const tagged = document.querySelector("[data-stamp-tag]");
      tagged.innerHTML = tag;
      say(`扫描件识别完毕。${tagged.textContent.trim()}`);
      return;
    }
    const hints = place.querySelectorAll(".stamp-hints li").length;
    if (isNew && hints) say(`正在识别扫描件，已有 ${hints} 处建议核对。`);
  } catch { /* asked again */ }
  if (Date.now() - since < LONGEST) wait(attempt + 1);
}

// Put what was found in place; who was on a link of it stays there.
function show(check) {
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const address = focused?.getAttribute("href");
  place.innerHTML = shown = check;
  if (!focused) return;
  const links = [...place.querySelectorAll("a[href]")];
  (links.find((link) => link.getAttribute("href") === address) ?? place).focus();
}

// Read out in one sentence: what is shown has links and pictures.
function say(sentence) {
  document.querySelector("[data-stamp-said]").textContent = sentence;
}

function wait(attempt) {
  setTimeout(() => ask(attempt), WAITS[Math.min(attempt, WAITS.length - 1)]);
}

if (place?.matches("[data-waits]")) wait(0);
