// Saves a section of the form while somebody types: <form data-draft="user:application:section">.
// The server decides everything (applications/form/views/editing.py); this file keeps and shows, and
// autosave.js sends.
// What the server has not got yet stays in localStorage, so that neither a dropped line nor an
// expired session nor a closed window loses it. ID and bank numbers (data-private) stay with their
// window alone, in sessionStorage: a clerk's computer may be anybody's tomorrow.
import { autosave, finalTrouble, reloadLink, speaker } from "./autosave.js";
import { showStates } from "./section_states.js";

const form = document.querySelector("form[data-draft]");
if (form) {
  const KEY = `draft:${form.dataset.draft}`;
  const PRIVATE = new Set(form.dataset.private.split(" "));
  const KEPT_FOR = 3 * 24 * 3600 * 1000;
  const UNTYPED = new Set(["csrfmiddlewaretoken", "loaded", "editor", "action", "touched"]);
  const isChoosing = "conflict" in form.dataset; // settled by the save button alone
  const line = document.querySelector("[data-save-state]");
  const loaded = JSON.parse(form.elements.loaded.value); // digests by field or block of rows

  // --- What stands in the form: values by name; the rows of a block belong together ---
  const isTyped = (control) =>
    control.name && !UNTYPED.has(control.name) && !control.name.startsWith("choice-") &&
    !["submit", "button", "fieldset", "file"].includes(control.type);
  const partOf = (name) => name.split("-")[0];
  const typedIn = (control) => {
    if (["checkbox", "radio"].includes(control.type)) return control.checked ? control.value : null;
    return control.value;
  };
  // Not what the browser filled in, nor what was typed before this file arrived.
  const servedIn = (control) => {
    if (["checkbox", "radio"].includes(control.type)) {
      return control.defaultChecked ? control.value : null;
    }
    if (control.type !== "select-one") return control.defaultValue;
    return ([...control.options].find((option) => option.defaultSelected) ?? control.options[0]).value;
  };
  const read = (get = typedIn) => {
    const values = new Map();
    for (const control of form.elements) {
      if (!isTyped(control)) continue;
      const value = get(control);
      if (value !== null) values.set(control.name, value);
      else if (!values.has(control.name)) values.set(control.name, "");
    }
    return values;
  };
  const write = (name, value) => {
    for (const control of form.querySelectorAll(`[name="${name}"]`)) {
      if (control.type === "radio") control.checked = control.value === value;
      else if (control.type === "checkbox") control.checked = Boolean(value);
      // A file that was chosen may have been replaced: what the server has stays chosen.
      else if (!control.options || [...control.options].some((each) => each.value === value)) {
        control.value = value;
      }
      control.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  const saved = read(servedIn); // what the server has
  for (const control of form.querySelectorAll("[aria-invalid='true']")) saved.delete(control.name);
  for (const choice of form.querySelectorAll("[name^='choice-']")) {
    const part = choice.name.slice("choice-".length);
    for (const name of [...saved.keys()]) if (partOf(name) === part) saved.delete(name);
  }
  const touched = new Set();
  const refused = new Map(); // what the server would not take, by name
  const unsaved = () => [...read()].filter(([name, value]) => (saved.get(name) ?? "") !== value);
  const isUnsent = () => {
    if (isChoosing) return false;
    const now = read();
    return unsaved().some(([name, value]) => refused.get(name) !== value) ||
      [...refused].some(([name, value]) => now.get(name) !== value);
  };

  // --- What this browser keeps: { part: { base, values, sent, at } } ---
  const stores = () => [localStorage, sessionStorage];
  const storeOf = (part) => (PRIVATE.has(part) ? sessionStorage : localStorage);
  const putDown = (all) => {
    for (const store of stores()) {
      const here = Object.entries(all).filter(([part]) => storeOf(part) === store);
      if (here.length) store.setItem(KEY, JSON.stringify(Object.fromEntries(here)));
      else store.removeItem(KEY);
    }
  };
  const kept = () => {
    try {
      return Object.assign({}, ...stores().map((store) => JSON.parse(store.getItem(KEY)) ?? {}));
    } catch {
      return {};
    }
  };
  const own = new Set(); // parts that this window has put there
  let canKeep = true;
  const keep = () => {
    const all = kept();
    const values = read();
    const parts = new Set(unsaved().map(([name]) => partOf(name)));
    for (const part of own) if (!parts.has(part)) delete all[part];
    for (const part of parts) {
      own.add(part);
      const of = (map) => Object.fromEntries([...map].filter(([name]) => partOf(name) === part));
      const sent = saver.waiting ? of(saver.waiting.values) : undefined;
      all[part] = { base: loaded[part] ?? "", values: of(values), sent, at: Date.now() };
    }
    try {
      putDown(all);
      canKeep = true;
    } catch {
      canKeep = false; // no room, or not allowed: leaving asks instead
    }
  };

  // What was chosen against is not put back again.
  const forgetLosers = () => {
    const all = kept();
    for (const choice of form.querySelectorAll("[name^='choice-'][value='stored']:checked")) {
      delete all[choice.name.slice("choice-".length)];
    }
    putDown(all);
  };

  const restoreRows = (part, values) => {
    const block = document.getElementById(part);
    const list = block.querySelector(".rows-list");
    const source = block.querySelector("template");
    for (const index of (values[`${part}-order`] ?? "").split(" ").filter(Boolean)) {
      let row = list.querySelector(`[data-index="${index}"]`);
      if (!row && source) {
        const holder = document.createElement("template");
        holder.innerHTML = source.innerHTML.replaceAll("__n__", index);
        row = holder.content.querySelector(".form-row");
      }
      if (row) list.append(row);
    }
    for (const row of [...list.children]) {
      if (!(`${part}-${row.dataset.index}-pk` in values)) row.remove();
    }
  };

  // Returns whether anything was put back into the page.
  const restore = () => {
    const all = kept();
    const isSame = (values) =>
      Object.entries(values).every(([name, value]) => (saved.get(name) ?? "") === value);
    let found = false;
    for (const [part, entry] of Object.entries(all)) {
      own.add(part);
      if (!(part in loaded) || Date.now() - entry.at > KEPT_FOR || isSame(entry.values)) continue;
      // The answer to what was sent may have been lost: then the page shows it already.
      if (!entry.sent || !isSame(entry.sent)) loaded[part] = entry.base;
      if (document.getElementById(part)?.matches(".row-block")) restoreRows(part, entry.values);
      for (const [name, value] of Object.entries(entry.values)) {
        write(name, value);
        touched.add(name);
      }
      found = true;
    }
    form.elements.loaded.value = JSON.stringify(loaded);
    return found;
  };

  // --- What is told ---
  const say = speaker(line);
  const saveButton = (text) => {
    const element = document.createElement("button");
    element.className = "btn btn-secondary";
    element.type = "button";
    element.textContent = text;
    element.addEventListener("click", () => form.requestSubmit());
    return element;
  };

  // Under the field that has the caret nothing new is said until it is left.
  let notes = null;
  const showNotes = () => {
    if (!notes) return;
    for (const place of form.querySelectorAll("[data-notes]")) {
      const name = place.dataset.notes;
      const found = notes[name] ?? [];
      if (found.length && document.activeElement?.name === name) continue;
      const before = [...place.children].map((note) => note.textContent).join("\n");
      if (before !== found.map(([, text]) => text).join("\n")) {
        place.replaceChildren(...found.map(([kind, text]) => {
          const note = document.createElement("p");
          note.className = `note note--${kind}`;
          note.textContent = text;
          return note;
        }));
      }
      const isWrong = found.some(([kind]) => kind === "error");
      for (const control of form.querySelectorAll(`[name="${name}"]`)) {
        if (isWrong) control.setAttribute("aria-invalid", "true");
        else control.removeAttribute("aria-invalid");
      }
    }
    form.dispatchEvent(new Event("told"));
  };

  // What was said of a value is void once another is typed.
  const hideErrors = (control) => {
    if (notes) delete notes[control.name];
    for (const note of form.querySelectorAll(`[data-notes="${control.name}"] .note--error`)) note.remove();
    control.removeAttribute("aria-invalid");
  };

  // --- Sending ---
  const pack = () => {
    const body = new FormData(form);
    body.delete("action");
    // Files are sent by themselves (proofs.js).
    for (const control of form.querySelectorAll("input[type=file]")) body.delete(control.name);
    for (const name of touched) body.append("touched", name);
    const values = read();
    // A button's name hides form.action.
    return { address: form.getAttribute("action"), body, values, read: (answer) => take(answer, values) };
  };

  // Takes an answer into the page; returns the trouble that it tells of, null for none.
  const take = (answer, sent) => {
    if (answer.closed) {
      return finalTrouble("没有保存：申报已提交，内容不能再修改。您填写的内容还在本页，需要的请先复制留存。");
    }
    if (answer.conflicts) {
      const sentence = `未保存：有 ${answer.conflicts.length} 处刚刚在别处被改成了别的内容。`;
      return { kind: "conflict", sentence, action: saveButton("比较并选择") };
    }
    for (const [prefix, pk] of Object.entries(answer.rows)) {
      const key = form.querySelector(`[name="${prefix}-pk"]`);
      if (key) key.value = pk;
      sent.set(`${prefix}-pk`, String(pk));
    }
    notes = answer.notes;
    refused.clear();
    for (const [name, value] of sent) {
      if (notes[name]?.some(([kind]) => kind === "error")) refused.set(name, value);
      else saved.set(name, value);
    }
    const now = read();
    for (const [part, digest] of Object.entries(answer.loaded)) {
      if (!(part in answer.elsewhere)) loaded[part] = digest;
    }
    let others = false;
    for (const [part, found] of Object.entries(answer.elsewhere)) {
      if (found && now.get(part) === sent.get(part) && document.activeElement?.name !== part) {
        write(part, found[0]);
        saved.set(part, read().get(part));
        loaded[part] = found[1];
      } else if (!found) {
        others = true;
      }
    }
    form.elements.loaded.value = JSON.stringify(loaded);
    showNotes();
    showStates(answer.states);
    for (const place of document.querySelectorAll("[data-saved-at]")) place.textContent = answer.saved;
    const parts = [`已保存 ${answer.saved}`];
    if (refused.size) parts.push(`有 ${refused.size} 处需要改正后才能保存`);
    else if (answer.missing) parts.push(`这一部分还差 ${answer.missing} 项，全部还差 ${answer.missing_in_all} 项`);
    else parts.push(`这一部分已填写完整${answer.missing_in_all ? `，全部还差 ${answer.missing_in_all} 项` : ""}`);
    const reload = others ? reloadLink("刷新查看") : null;
    reload?.addEventListener("click", saver.leave);
    say(parts.join("　") + (others ? "　表格中的行刚刚在别处改过。" : ""), {
      isWaiting: others || refused.size > 0,
      action: reload,
    });
    return null;
  };

  const saver = autosave(form, {
    by: "autosave",
    isUnsent,
    pack,
    keep,
    canKeep: () => canKeep,
    tell: (isSending) => {
      const { trouble } = saver;
      if (isSending) say("保存中…");
      else if (trouble) say(trouble.sentence, { isWaiting: true, action: trouble.action });
    },
    words: {
      later: "可以继续填写：内容暂存在这台电脑上，恢复后自动保存。",
      afterLogin: "您填写的内容暂存在这台电脑上，登录后自动保存。",
      byOther: "请用原来的账号登录后再打开本页。",
      stays: "您填写的内容还在本页，需要的请先复制留存。",
      gone: "这份申报已不能填写",
    },
  });

  // --- What sets it going ---
  form.addEventListener("input", (event) => {
    if (!isTyped(event.target)) return;
    touched.add(event.target.name);
    hideErrors(event.target);
    if (event.isComposing) return;
    saver.keep();
    saver.schedule();
  });
  form.addEventListener("change", (event) => { if (isTyped(event.target)) saver.schedule(0); });
  form.addEventListener("focusout", () => setTimeout(showNotes));

  // A form goes its way when everything is saved.
  let isFlushed = false;
  document.addEventListener("submit", (event) => {
    const { target, submitter } = event;
    if (isFlushed || !saver.hasUnsaved) {
      if (target === form) saver.leave();
      isFlushed = false;
      if (target === form && isChoosing && canKeep) forgetLosers();
      return;
    }
    saver.saveFirst(event, () => {
      // The login takes along what is sent without one (applications/form/views/expired.py).
      const isStuck = saver.trouble?.isPassing || saver.trouble?.kind === "large";
      if (isStuck && target === form) {
        line.focus();
        return;
      }
      isFlushed = true;
      target.requestSubmit(submitter);
    });
  }, { capture: true });
  window.addEventListener("beforeunload", (event) => {
    const isAtRisk = saver.trouble || refused.size || isChoosing || !canKeep;
    if (isAtRisk && !saver.isLeaving && unsaved().length) event.preventDefault();
  });

  // What was kept long ago, on whichever page, goes.
  const sweep = () => {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith("draft:"))) {
      const entries = Object.values(JSON.parse(localStorage.getItem(key)));
      if (entries.every((entry) => Date.now() - entry.at > KEPT_FOR)) localStorage.removeItem(key);
    }
  };
  try {
    sweep();
  } catch {
    canKeep = false;
  }
  say(isChoosing ? "请选择要保留的内容，再保存。" : "填写的内容会自动保存。");
  if (restore()) {
    say("上次没有保存的内容已经放回本页。");
    saver.schedule(0);
  } else if (isUnsent()) {
    saver.schedule();
  }
  keep();
}
