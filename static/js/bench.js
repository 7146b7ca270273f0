// The bench: work and form at the left, one at a time where there is no room for both, proof at the
// right. Without this file both stand below each other, and every link leads to its place.
import { keysAreOn } from "./keys.js";
import "./viewer.js";

const bench = document.querySelector("[data-bench]");
const panes = [...bench.querySelectorAll(".bench__pane")];
const bar = bench.querySelector(".bench__bar");
const items = () => [...bench.querySelectorAll("[data-item]")].filter((item) => item.checkVisibility());
let current = null;

// --- One pane at a time ---
function turnTo(pane) {
  for (const each of panes) each.classList.toggle("is-away", each !== pane);
  for (const link of bar?.querySelectorAll("a") ?? []) {
    if (link.hash === `#${pane.id}`) link.setAttribute("aria-current", "true");
    else if (panes.some((each) => link.hash === `#${each.id}`)) link.removeAttribute("aria-current");
  }
}

// Show the pane in which something is, and bring it into view.
function goTo(target, { focus = true } = {}) {
  const pane = target.closest(".bench__pane");
  if (pane) turnTo(pane);
  if (!pane || getComputedStyle(pane).overflowY !== "auto") {
    target.scrollIntoView({ block: "start" }); // one long page: a phone, or the proof
  } else {
    bench.scrollIntoView({ block: "start" });
    if (target !== pane) {
      // A pane that is turned to stays where it was left.
      const above = target.getBoundingClientRect().top - pane.getBoundingClientRect().top;
      pane.scrollTop += above - parseFloat(getComputedStyle(pane).scrollPaddingTop);
    }
  }
  if (!focus) return;
  target.focus({ preventScroll: true });
  // What takes no focus leaves it to its pane: the link that led there may be out of sight.
  if (document.activeElement !== target) pane?.focus({ preventScroll: true });
}

const targetOf = (hash) => (hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null);

if (panes.length > 1) bench.classList.add("is-switched");
if (panes.length) turnTo(panes[0]);
document.addEventListener("click", (event) => {
  if (event.defaultPrevented) return; // another script has turned to it
  const link = event.target.closest("a[href^='#']");
  const target = link && targetOf(link.hash);
  if (!target || !bench.contains(target)) return;
  event.preventDefault();
  history.replaceState(null, "", link.hash);
  goTo(target);
  if (target.matches("[data-item]")) makeCurrent(target);
});
// What was refused comes before what the address names.
const wrong = bench.querySelector("[aria-invalid='true'], .message--error");
const asked = wrong ?? targetOf(location.hash);
if (asked && bench.contains(asked)) {
  goTo(asked);
  if (asked.matches("[data-item]")) makeCurrent(asked);
}

// --- Items: the one that is worked on ---
function makeCurrent(item) {
  current?.classList.remove("is-current");
  current = item;
  item.classList.add("is-current");
  const proof = item.querySelector("a[target='proof']");
  if (proof && item.closest("[data-sheet]")) proof.click();
}

function step(by) {
  const all = items();
  const at = all.findIndex((item) => item === current || item.matches("a[aria-current]"));
  const next = all[at < 0 ? 0 : at + by];
  if (!next) return;
  if (next.matches("a")) {
    next.click(); // of a list that opens its items itself
    return;
  }
  goTo(next, { focus: false });
  (next.matches("[tabindex]") ? next : next.querySelector("a, button, input, select, textarea"))?.focus({ preventScroll: true });
  makeCurrent(next);
}

// --- Keys: j and k through the items, d to the decision ---
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !keysAreOn(event)) return;
  const decision = document.getElementById("decision");
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "d" && decision) goTo(decision);
  else return;
  event.preventDefault();
});

// --- The qualification sheet: what is opened is ticked, and a yes leads on ---
// A judgement that was saved rests on what it was saved with, whoever looks at its papers later.
const sheet = bench.querySelector("[data-sheet]");
const unticked = new Set();
sheet?.addEventListener("change", ({ target }) => {
  if (target.type === "checkbox" && !target.checked) unticked.add(target);
});
sheet?.addEventListener("click", (event) => {
  const link = event.target.closest("a[target='proof']");
  const tick = link?.closest("[data-unjudged] li")?.querySelector("input[type='checkbox']");
  if (!tick || unticked.has(tick)) return;
  tick.checked = true; // not typed: whoever only looks may leave without being asked
});
sheet?.addEventListener("click", (event) => {
  // With the pointer only: arrow keys go through the answers.
  if (event.detail && event.target.matches("input[type='radio'][value='MET']")) {
    makeCurrentOf(event.target);
    step(1);
  }
});
function makeCurrentOf(control) {
  const item = control.closest("[data-item]");
  if (item && item !== current) {
    current?.classList.remove("is-current");
    current = item;
    item.classList.add("is-current");
  }
}
sheet?.addEventListener("focusin", (event) => makeCurrentOf(event.target));

// --- The divider: follows the pointer and the arrow keys, and stays where it was put ---
const divider = bench.querySelector(".bench__divider");
const KEPT = "bench-split";
const split = (percent) => {
  const left = Math.min(75, Math.max(25, Math.round(percent)));
  bench.style.setProperty("--split", `${left}%`);
  divider.setAttribute("aria-valuenow", left);
  localStorage.setItem(KEPT, left);
};
if (divider) {
  if (localStorage.getItem(KEPT)) split(Number(localStorage.getItem(KEPT)));
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    bench.classList.add("is-dragged"); // the frame would take the pointer
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    const box = bench.getBoundingClientRect();
    split(((event.clientX - box.left) / box.width) * 100);
  });
  divider.addEventListener("lostpointercapture", () => bench.classList.remove("is-dragged"));
  divider.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (!by) return;
    event.preventDefault();
    split(Number(divider.getAttribute("aria-valuenow")) + by);
  });
}
