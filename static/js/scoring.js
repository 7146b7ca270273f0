// The expert's score sheet: <form data-scores>. Adds up while typing and saves on its own; the
// server decides everything (review/scoring/views.py). Without this file the buttons do the same.
import { autosave, finalTrouble, reloadLink, speaker } from "./autosave.js";

// --- The material: form or opened proof, one at a time ---
const material = document.querySelector("[data-material]");
if (material) {
  const tabs = [...material.querySelectorAll(".scoring__tabs a[href^='#']")];
  const open = (id) => {
    for (const tab of tabs) {
      const isOpen = tab.hash === `#${id}`;
      document.getElementById(tab.hash.slice(1)).hidden = !isOpen;
      if (isOpen) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  };
  material.classList.add("is-tabbed");
  open("material-form");
  material.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    if (tabs.includes(link)) {
      event.preventDefault();
      open(link.hash.slice(1));
    } else if (link.target === "proof") {
      open("proof");
    }
  });
}

const form = document.querySelector("form[data-scores]");
if (form) {
  const line = form.querySelector("[data-score-state]");
  const total = form.querySelector("[data-total]");
  const UNTYPED = new Set(["csrfmiddlewaretoken", "revision", "action"]);

  const read = () => JSON.stringify(
    [...new FormData(form)].filter(([name]) => !UNTYPED.has(name)),
  );
  let saved = form.querySelector("[aria-invalid='true']") ? "" : read();
  let isWrong = false; // something typed that the server would not take

  const add = () => {
    let sum = 0;
    for (const input of form.querySelectorAll("input[type='number']")) {
      const points = Number(input.value);
      if (input.validity.valid && input.value !== "") sum += points * 2;
    }
    total.textContent = (sum / 2).toFixed(1).replace(/\.0$/, "");
  };

  const showProblems = (problems) => {
    for (const place of form.querySelectorAll("[data-error]")) {
      const name = place.dataset.error;
      const control = form.elements[name];
      // Under the field that has the caret nothing new is said until it is left.
      if (problems[name] && document.activeElement === control) continue;
      place.textContent = problems[name] ?? "";
      if (problems[name]) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  const STAYS = "填写的内容还在本页，需要的请先复制留存。";
  const say = speaker(line);
  const pack = () => {
    const body = new FormData(form);
    body.set("action", "save");
    const values = read();
    return { address: location.pathname, body, read: (answer) => take(answer, values) };
  };
  // Takes an answer into the page; returns the trouble that it tells of, null for none.
  const take = (answer, values) => {
    if (answer.refused) return finalTrouble(`${answer.refused}${STAYS}`, reloadLink());
    saved = values;
    form.elements.revision.value = answer.revision;
    showProblems(answer.problems);
    const wrong = Object.keys(answer.problems).length;
    isWrong = wrong > 0;
    say(`已保存 ${answer.saved}${wrong ? `　有 ${wrong} 处需要改正后才能保存` : ""}${answer.closed ? `　${answer.closed}` : ""}`,
      { isWaiting: wrong > 0 || Boolean(answer.closed) });
    return null;
  };

  // This page alone has what was typed: whoever logs in again does so in another window.
  const saver = autosave(form, {
    by: "autosave",
    isUnsent: () => read() !== saved,
    pack,
    tell: (isSending) => {
      const { trouble } = saver;
      if (isSending) say("保存中…");
      else if (trouble) say(trouble.sentence, { isWaiting: true, action: trouble.action });
    },
    words: {
      later: "可以继续填写，恢复后自动保存；请不要关闭本页。",
      afterLogin: "请在新窗口登录，回到本页后自动保存。",
      byOther: STAYS,
      stays: STAYS,
      gone: "这项申报已不由您评审",
    },
  });

  form.addEventListener("input", (event) => {
    add();
    if (!event.isComposing) saver.schedule();
  });
  form.addEventListener("change", () => saver.schedule(0));

  // A button goes its way when everything is saved; while it cannot be, it would lose it all.
  let isFlushed = false;
  form.addEventListener("submit", (event) => {
    if (isFlushed || !saver.hasUnsaved) {
      saver.leave();
      return;
    }
    const { submitter } = event;
    saver.saveFirst(event, () => {
      if (saver.trouble && !saver.trouble.isFinal) {
        line.focus();
        return;
      }
      isFlushed = true;
      form.requestSubmit(submitter);
    });
  }, { capture: true });
  window.addEventListener("pageshow", () => { isFlushed = false; });
  window.addEventListener("beforeunload", (event) => {
    // What is only late goes along; what cannot be saved asks first.
    const isAtRisk = saver.trouble && (saver.waiting || read() !== saved);
    if (!saver.isLeaving && (isWrong || isAtRisk)) event.preventDefault();
  });
  add();
  if (!line.textContent.trim()) say("填写的内容会自动保存。");
}
