// The verification page: items change in place, with the same pages that the links and forms lead to.
import { get, notice, post } from "./asking.js";
import { keysAreOn } from "./keys.js";
import { close, open } from "./viewer.js";

const work = document.getElementById("work");
const status = document.getElementById("work-status");
const UNSAVED = "本项填写的内容还没有保存，确定离开吗？";
const EXPIRED = "登录已过期，刚才的操作没有完成，填写的内容还在本页，登录后请再试。";
let changed = false;
let busy = false;

const links = () => [...work.querySelectorAll("a[data-item]")];

// Open what proves the item that is open; what has no proof leaves nothing of another beside it.
function openProof() {
  const list = work.querySelector(".work");
  const { proof, proofName } = list.dataset;
  if (proof) open(proof, proofName);
  else close("这一项没有可以打开的材料。");
}

// The open item is seen: its beginning, where it is taller than its pane.
function bringItem() {
  const item = work.querySelector(".is-open");
  const isTaller = item?.offsetHeight > work.clientHeight;
  item?.scrollIntoView({ block: isTaller ? "start" : "nearest" });
}

// Put the work list of a page that the server sent in place of this one.
function show(text, address) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById("work");
  if (!fresh) {
    // Another page: what it tells is shown here, for it is told once.
    const told = page.querySelector("main > .message");
    if (!told) { location.assign(address); return; }
    work.prepend(told);
    told.tabIndex = -1;
    told.focus();
    return;
  }
  work.innerHTML = fresh.innerHTML;
  changed = false;
  history.replaceState(null, "", address);
  const list = work.querySelector(".work");
  openProof();
  const told = page.querySelector("main > .message");
  status.textContent = [told?.textContent, list.dataset.announce].filter(Boolean).join(" ");
  const wrong = work.querySelector("[aria-invalid='true']");
  const current = wrong || work.querySelector("[role='alert'], a[aria-current]");
  if (!current) return;
  if (current.matches("[role='alert']")) current.tabIndex = -1;
  current.focus({ preventScroll: true });
  bringItem();
}

// `ask` asks for the page; `fallback` leads to it when there is no answer.
async function load(ask, fallback) {
  if (busy) return;
  busy = true;
  work.setAttribute("aria-busy", "true");
  try {
    const { response, trouble } = await ask();
    if (trouble === "expired") {
      tellExpired();
      return;
    }
    // A refused form comes back under its own address, which names no item: the page's stays.
    const { pathname, search } = response.ok ? new URL(response.url) : location;
    show(await response.text(), `${pathname}${search}`);
  } catch {
    fallback();
  } finally {
    busy = false;
    work.removeAttribute("aria-busy");
  }
}

// What was typed stays here, for after the login.
function tellExpired() {
  work.querySelector("[data-expired]")?.remove();
  const told = notice(EXPIRED, { inNewWindow: true });
  told.dataset.expired = "";
  told.tabIndex = -1;
  work.prepend(told);
  told.focus();
}

function go(link) {
  if (changed && !window.confirm(UNSAVED)) return;
  const address = link.getAttribute("href").split("#")[0];
  load(() => get(address), () => location.assign(link.href));
}

work.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-item]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.hasAttribute("aria-current")) openProof(); // the open one keeps what is typed into it
  else go(link);
});

work.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  event.stopPropagation(); // site.js would hold back the next one
  const data = new FormData(form, event.submitter);
  const address = form.getAttribute("action").split("#")[0];
  load(() => post(address, data), () => form.submit());
});

work.addEventListener("input", () => { changed = true; });
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });

// The arrow keys, while the focus is in the list; j and k, from anywhere, are those of every bench.
work.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !keysAreOn(event) || event.target.closest("input, summary")) return;
  event.preventDefault();
  const all = links();
  const at = all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[at + step];
  if (next) go(next);
  else status.textContent = step > 0 ? "已是最后一项" : "已是第一项";
});

// Who came to work on the list starts at its open item.
// The browser has brought the fragment of the address into view before.
if (location.search.includes("item=")) {
  if (document.readyState === "complete") bringItem();
  else window.addEventListener("load", bringItem);
}
if (location.hash === "#work") work.querySelector("a[aria-current]")?.focus({ preventScroll: true });
