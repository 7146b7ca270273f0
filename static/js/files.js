// The rows of uploaded files: changed in place, opened over the page, their thumbnails fetched.
// Without this file each change is a form that leads back to the page, and a link opens the file.

import { get, loginLink, notice, post } from "./asking.js";
import { follow } from "./reading.js";
import { showStates } from "./section_states.js";
import { showUsage } from "./sending.js";
import "./site.js"; // a second click is held back before it comes here

const status = document.getElementById("files-status");
const usage = document.querySelector(".upload-usage");
const JSON_WANTED = { Accept: "application/json" };
const EXPIRED = "登录已过期，更改没有保存，登录后请再试。";

function element(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html.trim();
  return holder.content.firstElementChild;
}

const row = (pk) => document.getElementById(`file-${pk}`);

// Make a category look as the server answered. Answers may come in another order than their
// changes were made, so a row that this one does not know stays where it is.
export function apply(category, answer) {
  const list = category.querySelector(".file-list");
  for (const pk of answer.gone) row(pk)?.remove();
  for (const [pk, html] of Object.entries(answer.rows)) {
    if (row(pk)) row(pk).replaceWith(element(html));
    else list.append(element(html));
  }
  const place = new Map(answer.order.map((pk, index) => [String(pk), index]));
  const known = () => [...list.children].filter((each) => place.has(each.dataset.file));
  const sorted = known().sort((a, b) => place.get(a.dataset.file) - place.get(b.dataset.file));
  sorted.forEach((each, index) => {
    const there = known()[index];
    if (there !== each) there.before(each);
  });
  const tag = category.querySelector("[data-tag]");
  if (tag) tag.innerHTML = answer.tag;
  if (list.children.length) category.querySelector("[data-missing]")?.remove();
  showUsage(answer);
  if (answer.states) showStates(answer.states);
  if (Object.keys(answer.rows).length) {
    watch();
    follow();
  }
}

// Where the keyboard goes when what it was on is gone.
function focusNear(category, pk, button) {
  const here = row(pk);
  if (!here) {
    const next = category.querySelector(".file-row__name") || category.querySelector("input[type=file]");
    next.focus();
    return;
  }
  const buttons = button?.name ? [...here.querySelectorAll(".file-row__move button")] : [];
  const usable = buttons.filter((each) => getComputedStyle(each).visibility !== "hidden");
  const same = usable.find((each) => each.value === button.value);
  (same || usable[0] || here.querySelector(".file-row__name")).focus();
}

async function send(form, button) {
  const body = new FormData(form, button);
  const { response, trouble } = await post(form.action, body, { headers: JSON_WANTED });
  if (trouble === "expired") return { errors: [EXPIRED], login: loginLink({ inNewWindow: true }) };
  // Another page, an error: the plain form shows it.
  if (!response.ok || response.redirected) throw new Error(response.status);
  return response.json();
}

function refuse(here, ...sentence) {
  here.querySelector(".file-row__refused")?.remove();
  const note = element('<p class="note note--remark file-row__refused" role="alert"></p>');
  note.append(...sentence);
  here.querySelector(".file-row__text").append(note);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-in-place]") || event.defaultPrevented) return;
  event.preventDefault();
  const category = form.closest(".category");
  const here = form.closest(".file-row");
  let answer;
  try {
    answer = await send(form, event.submitter);
  } catch (error) {
    delete form.dataset.sent;
    if (error instanceof TypeError) {
      refuse(here, "网络中断，更改没有保存，请稍后重试。");
      return;
    }
    if (event.submitter?.name) {
      const chosen = document.createElement("input");
      Object.assign(chosen, { type: "hidden", name: event.submitter.name, value: event.submitter.value });
      form.append(chosen);
    }
    form.submit();
    return;
  }
  delete form.dataset.sent;
  if (answer.errors.length) {
    refuse(here, answer.errors.join(""), answer.login ?? "");
    return;
  }
  here.querySelector(".file-row__refused")?.remove();
  // What is said of a stamped form hangs on its scans.
  if (category.querySelector(".upload[data-reload]")) {
    location.reload();
    return;
  }
  apply(category, answer);
  focusNear(category, here.dataset.file, event.submitter);
  status.textContent = answer.message;
});

// --- Thumbnails, warnings and the pages of documents come from the worker, some seconds later
const WAITS = [1500, 4000, 10000, 20000, 40000];
let waiting = null;

export function watch(attempt = 0) {
  clearTimeout(waiting);
  const unseen = [...document.querySelectorAll("[data-unexamined]")];
  if (!unseen.length || attempt >= WAITS.length) return;
  waiting = setTimeout(async () => {
    const asked = [...new Set(unseen.map((each) => `file=${each.dataset.file}`))].join("&");
    try {
      const { response, trouble } = await get(`${usage.dataset.examined}?${asked}`, {
        headers: { ...JSON_WANTED, "X-Unattended": "yes" },
      });
      if (trouble === "expired") {
        usage.before(notice("登录已过期。", { inNewWindow: true }));
        return;
      }
      const { rows: seen } = await response.json();
      for (const [pk, html] of Object.entries(seen)) {
        for (const each of document.querySelectorAll(`[data-file="${pk}"]`)) show(each, element(html));
      }
    } catch { /* the next load of the page shows them */ }
    watch(attempt + 1);
  }, WAITS[attempt]);
}

// Only what the worker found is put in: somebody may be typing in the row.
function show(old, fresh) {
  delete old.dataset.unexamined;
  old.querySelector("img").src = fresh.querySelector("img").getAttribute("src");
  const rendition = fresh.querySelector("[data-rendition]");
  if (rendition) old.querySelector("[data-rendition]")?.replaceWith(rendition);
  const view = fresh.querySelector("[data-view]")?.dataset.view;
  if (view) old.querySelector(".file-row__name").dataset.view = view;
  const warning = fresh.querySelector(".file-row__warning:not([data-rendition])");
  if (warning && !old.querySelector(".file-row__warning:not([data-rendition])")) old.querySelector(".file-row__note").after(warning);
}

watch();

// --- A file opened over the page ---------------------------------------------------------
const viewer = document.querySelector(".viewer");
let shown = null;

// The files that stand where a link does: in the page, or in the picker of proofs over it.
const linksBeside = (link) => {
  const place = (part) => part.closest(".picker");
  return [...document.querySelectorAll("[data-view]")].filter((each) => place(each) === place(link));
};

function open(link) {
  const links = linksBeside(link);
  const index = links.indexOf(link);
  shown = link;
  viewer.querySelector("h2").textContent = link.textContent;
  viewer.querySelector(".viewer__place").textContent = `${index + 1} / ${links.length}`;
  viewer.querySelector("a").href = link.href;
  const isImage = link.dataset.view.startsWith("image/");
  const file = document.createElement(isImage ? "img" : "iframe");
  if (isImage) file.alt = link.textContent;
  else file.title = link.textContent;
  file.src = isImage ? link.href : `${link.href}#navpanes=0`;
  viewer.querySelector(".viewer__file").replaceChildren(file);
  for (const button of viewer.querySelectorAll("[data-step]")) {
    button.disabled = !links[index + Number(button.dataset.step)];
  }
  if (!viewer.open) viewer.showModal();
  viewer.querySelector("h2").focus();
}

function step(by) {
  const links = linksBeside(shown);
  const next = links[links.indexOf(shown) + by];
  if (next) open(next);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest(".file-row__thumbnail, .file-row__name");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  // One that is withheld has none: its link leads to the reason.
  const file = link.closest("[data-file]").querySelector("[data-view]");
  if (!file) return;
  event.preventDefault();
  open(file);
});
viewer.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (event.target === viewer || button?.matches("[data-close]")) viewer.close();
  else if (button) step(Number(button.dataset.step));
});
viewer.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (by) step(by);
});
viewer.addEventListener("close", () => {
  viewer.querySelector(".viewer__file").replaceChildren();
  shown.focus();
});
