// Conveniences only: every page works without this file.
import "./keys.js";

// The account menu closes on Escape and on a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.account-menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.account-menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The key / leads to the box in the top bar, unless somebody is typing or has switched it off on the
// page of the search (WCAG 2.1.4). Where there is no room for the box, it leads to that page.
const SWITCHED_OFF = "no-jump-key";
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector(".jump input");
  if (!box || localStorage.getItem(SWITCHED_OFF)) return;
  event.preventDefault();
  if (box.checkVisibility()) box.focus();
  else location.assign(box.form.action);
});
const jumpKey = document.querySelector(".jump-key");
if (jumpKey) {
  const choice = jumpKey.querySelector("input");
  jumpKey.hidden = false;
  choice.checked = !localStorage.getItem(SWITCHED_OFF);
  choice.addEventListener("change", () => {
    if (choice.checked) localStorage.removeItem(SWITCHED_OFF);
    else localStorage.setItem(SWITCHED_OFF, "yes");
  });
}

// After a refused form the reader starts at the list of errors, or at the first wrong field.
document.querySelector(".error-summary, [aria-invalid='true']")?.focus();

// <form data-forget="draft:1: inspection:1:">: logging out takes along what draft.js and
// inspection.js keep of that account; photos that only this phone has are asked about first.
document.addEventListener("submit", (event) => {
  const { forget } = event.target.dataset;
  if (!forget) return;
  const prefixes = forget.split(" ");
  const isOwn = (key) => prefixes.some((prefix) => key.startsWith(prefix));
  const visits = Object.keys(localStorage).filter((key) => isOwn(key) && key.startsWith("inspection:"));
  const left = visits.reduce((sum, key) => sum + JSON.parse(localStorage.getItem(key)).left, 0);
  if (left && !confirm(`有 ${left} 项考察内容仅在本机，还没有上传，退出登录后会丢失。确定退出吗？`)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  document.dispatchEvent(new Event("forget")); // a page that keeps something stops it
  for (const store of [localStorage, sessionStorage]) {
    for (const key of Object.keys(store)) if (isOwn(key)) store.removeItem(key);
  }
  if (!visits.length) return;
  event.preventDefault();
  const late = new Promise((done) => { setTimeout(done, 2000); });
  const owners = visits.map((key) => key.slice("inspection:".length));
  const forgotten = import("./photos.js")
    .then(({ forgetPhotosOf }) => Promise.all(owners.map(forgetPhotosOf)))
    .catch(() => {});
  Promise.race([forgotten, late]).finally(() => event.target.submit());
});

// A second click on the same button, before the server has answered, sends nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  // A file may come back without the page being left: the form then works again.
  setTimeout(() => delete form.dataset.sent, 3000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// <form data-warn-unsaved>: leaving with words typed but not saved asks first.
for (const form of document.querySelectorAll("form[data-warn-unsaved]")) {
  let changed = false;
  form.addEventListener("input", () => { changed = true; });
  // A preview in a window of its own saves nothing.
  form.addEventListener("submit", (event) => { if (event.submitter?.formTarget !== "_blank") changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// On a narrow screen the list of sections is a strip: the current one is brought into view.
for (const strip of document.querySelectorAll(".section-list")) {
  const current = strip.querySelector("[aria-current]");
  if (!current) continue;
  const middle = current.getBoundingClientRect().left + current.offsetWidth / 2;
  strip.scrollLeft += middle - strip.getBoundingClientRect().left - strip.clientWidth / 2;
}
