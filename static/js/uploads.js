// Uploading many files: each `.upload` form sends its files one after another, so that they stand in
// the order in which they were chosen; three forms send at once. Each file has its progress, and can
// be cancelled and sent again. Without this file the plain form is posted.

import { loginLink } from "./asking.js";
import { apply } from "./files.js";
import { sendFile } from "./sending.js";

if (document.querySelector(".upload-usage")) {
  const AT_ONCE = 3;
  const queue = [];
  let running = 0;
  let choice = "";

  document.body.classList.add("uploads-live");

  // --- What a form shows of its files --------------------------------------------------------
  const batches = new WeakMap();

  function batchOf(form) {
    if (!batches.has(form)) {
      const summary = document.createElement("p");
      summary.className = "upload__summary";
      summary.setAttribute("role", "status");
      const again = button("全部重试", () => batch.items.filter((each) => each.state === "failed").forEach(start));
      const list = document.createElement("ul");
      list.className = "upload__list";
      form.append(summary, again, list);
      const batch = { form, summary, again, list, items: [], done: 0 };
      batches.set(form, batch);
    }
    return batches.get(form);
  }

  function button(text, act, about = "") {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "btn btn-link";
    made.textContent = text;
    if (about) made.setAttribute("aria-label", `${text} ${about}`);
    made.addEventListener("click", act);
    return made;
  }

  const isOpen = (item) => ["waiting", "sending"].includes(item.state);

  function tell(batch) {
    const failed = batch.items.filter((each) => each.state === "failed");
    const open = batch.items.filter(isOpen).length;
    const total = batch.items.length + batch.done;
    batch.again.hidden = open > 0 || failed.length < 2;
    if (!total) batch.summary.textContent = "";
    else if (open) batch.summary.textContent = `正在上传 ${total} 个文件`;
    else {
      const refused = failed.length ? `，${failed.length} 个未通过` : "";
      batch.summary.textContent = `${total} 个文件：${batch.done} 个已上传${refused}`;
    }
  }

  // A page on which more hangs on its files than their list is loaded anew after the last of them;
  // files that are to be sorted lead onward to where that is done.
  function reloads(batch) {
    const { onward } = batch.form.dataset;
    const category = batch.form.closest(".category");
    const isLast = batch.done && !batch.items.length;
    const isOver = isLast && (onward || category.querySelector(".upload[data-reload]"));
    if (isOver) setTimeout(() => (onward ? location.assign(onward) : location.reload()));
    return isOver;
  }

  function draw(item) {
    const { file, line } = item;
    const name = document.createElement("span");
    name.className = "upload__name";
    name.textContent = file.name;
    if (isOpen(item)) {
      const progress = document.createElement("progress");
      progress.max = 1;
      progress.value = 0;
      progress.setAttribute("aria-label", `${file.name}的上传进度`);
      item.progress = progress;
      const state = document.createElement("span");
      state.className = "upload__state";
      state.textContent = "等待上传";
      item.note = state;
      line.replaceChildren(name, progress, state, button("取消", () => cancel(item), file.name));
    } else {
      const reason = document.createElement("span");
      reason.className = "upload__reason";
      reason.textContent = item.reason;
      if (item.needsLogin) {
        reason.append(loginLink({ inNewWindow: true }));
      }
      line.replaceChildren(name, reason, button("重试", () => start(item), file.name), button("移除", () => drop(item), file.name));
    }
    line.className = `upload__item upload__item--${item.state}`;
  }

  // --- The life of one file: waiting, sending, then gone from the list or failed --------------
  function add(form, files) {
    const batch = batchOf(form);
    if (!batch.items.some(isOpen)) batch.done = 0;
    for (const file of files) {
      const item = { batch, file, line: document.createElement("li"), state: "" };
      batch.items.push(item);
      batch.list.append(item.line);
      start(item);
    }
  }

  function start(item) {
    if (isOpen(item)) return;
    const hadFocus = item.line.contains(document.activeElement);
    item.state = "waiting";
    item.needsLogin = false;
    draw(item);
    if (hadFocus) item.line.querySelector("button").focus();
    queue.push(item);
    tell(item.batch);
    pump();
  }

  function pump() {
    const isSending = (item) => item.batch.items.some((each) => each.state === "sending");
    while (running < AT_ONCE) {
      const next = queue.findIndex((item) => item.state !== "waiting" || !isSending(item));
      if (next < 0) return;
      const [item] = queue.splice(next, 1);
      if (item.state !== "waiting") continue;
      item.state = "sending";
      running += 1;
      send(item).then((outcome) => settle(item, outcome)).finally(() => {
        running -= 1;
        pump();
        if (choice && !running && !queue.length) location.assign(choice);
      });
    }
  }

  function settle(item, { answer, reason, needsLogin }) {
    if (!item.batch.items.includes(item)) return;
    if (!answer) return fail(item, reason, needsLogin);
    if (answer.errors.length) return fail(item, answer.errors[0]);
    if (answer.choice) {
      // A ZIP: its files are chosen on a page of its own, once the others are sent.
      choice = answer.choice;
      forget(item);
      return tell(item.batch);
    }
    const category = item.batch.form.closest(".category");
    const hadFocus = category.contains(document.activeElement);
    forget(item);
    item.batch.done += 1;
    if (reloads(item.batch)) return;
    apply(category, answer);
    if (hadFocus && !category.contains(document.activeElement)) {
      document.querySelector(`#file-${Object.keys(answer.rows)[0]} .file-row__name`).focus();
    }
    tell(item.batch);
  }

  function fail(item, reason, needsLogin = false) {
    const hadFocus = item.line.contains(document.activeElement);
    Object.assign(item, { state: "failed", reason, needsLogin });
    draw(item);
    if (hadFocus) item.line.querySelector("button").focus();
    tell(item.batch);
  }

  function forget(item) {
    item.batch.items.splice(item.batch.items.indexOf(item), 1);
    item.line.remove();
  }

  function drop(item) {
    const { batch } = item;
    forget(item);
    if (reloads(batch)) return;
    tell(batch);
    (batch.list.querySelector("button") || batch.form.querySelector("input[type=file]")).focus();
  }

  function cancel(item) {
    item.state = "cancelled";
    drop(item);
    item.request?.abort();
  }

  // --- Sending ----------------------------------------------------------------------------------
  function send(item) {
    const { form, items } = item.batch;
    const others = items.filter((each) => each !== item && each.state === "sending");
    return sendFile(item.file, {
      address: form.action,
      frees: form.dataset.frees, // the bytes of the file that this one replaces
      besides: others.reduce((sum, each) => sum + each.file.size, 0),
      started: (request) => { item.request = request; },
      progress: (text, part) => {
        item.note.textContent = text;
        item.progress.value = part;
      },
    });
  }

  // --- Choosing, dropping, leaving --------------------------------------------------------------
  document.addEventListener("change", (event) => {
    const form = event.target.closest(".upload");
    if (!form || event.target.type !== "file" || !event.target.files.length) return;
    add(form, [...event.target.files]);
    event.target.value = "";
  });

  let over = null;

  function mark(zone) {
    over?.classList.remove("category--over");
    over = zone;
    over?.classList.add("category--over");
  }

  const formUnder = (event) => event.target.closest?.(".category")?.querySelector(":scope > .upload");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  // A file dropped beside every category must not take the place of the page.
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const form = formUnder(event);
    event.dataTransfer.dropEffect = form ? "copy" : "none";
    mark(form?.closest(".category"));
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(null);
    const form = formUnder(event);
    if (form) add(form, [...event.dataTransfer.files]);
  });

  window.addEventListener("beforeunload", (event) => {
    if (running || queue.length) event.preventDefault();
  });
}
