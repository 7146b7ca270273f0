// Conveniences only: every page works without this file.
import { keysAreOn } from "./keys.js";

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

// The key / leads to the box in the top bar; where there is no room for it, to the page of the search.
document.addEventListener("keydown", (event) => {
  const box = document.querySelector(".jump input");
  if (event.key !== "/" || event.isComposing || !box || !keysAreOn(event)) return;
  event.preventDefault();
  if (box.checkVisibility()) box.focus();
  else location.assign(box.form.action);
});

// After a refused form the reader starts at the list of errors, or at the first wrong field.
document.querySelector(".error-summary, form:not(.word-offers) [aria-invalid='true']")?.focus();

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
  if (event.submitter?.formTarget === "_blank") return; // the page stays, to be sent later
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

// <form data-warn-unsaved>: leaving with words typed but not saved asks first;
// "typed" says that the page came back with some.
for (const form of document.querySelectorAll("form[data-warn-unsaved]")) {
  let changed = form.dataset.warnUnsaved === "typed";
  form.addEventListener("input", () => { changed = true; });
  // A preview in a window of its own saves nothing.
  form.addEventListener("submit", (event) => { if (event.submitter?.formTarget !== "_blank") changed = false; });
  window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

// <button data-copies="id" hidden>: copies what a field says; without it the field can be selected.
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard; // there is none without https
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = "已复制";
  });
}

// On a narrow screen the list of sections is a strip: the current one is brought into view.
for (const strip of document.querySelectorAll(".section-list")) {
  const current = strip.querySelector("[aria-current]");
  if (!current) continue;
  const middle = current.getBoundingClientRect().left + current.offsetWidth / 2;
  strip.scrollLeft += middle - strip.getBoundingClientRect().left - strip.clientWidth / 2;
}

// On a narrow screen a list comes first: its filters fold behind a button, unless something is filtered.
for (const filters of document.querySelectorAll("form.filters")) {
  const fields = [...filters.querySelectorAll("select, input:not([type='hidden'], [type='submit'])")];
  if (fields.length < 3) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-secondary filters-fold";
  button.textContent = "筛选条件";
  const fold = (isFolded) => {
    filters.classList.toggle("is-folded", isFolded);
    button.setAttribute("aria-expanded", !isFolded);
  };
  fold(!filters.querySelector(".btn-link")); // the way back from a filtered list
  button.addEventListener("click", () => fold(!filters.classList.contains("is-folded")));
  filters.before(button);
}
