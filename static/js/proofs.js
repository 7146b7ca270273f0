// The proof of an award, in its row: a file dropped or chosen there is sent at once; one that is there
// already is picked by its thumbnail. Which file proves the award is the value of the row's list of
// choices, which is saved like any other field (draft.js). Without this file the list itself is used,
// and a new file goes along with the form.
import { get, loginLink } from "./asking.js";
import "./rows.js"; // the rows are there, and what was kept of them is back
import { watch } from "./files.js";
import { sendFile, showUsage } from "./sending.js";

const form = document.querySelector("form[data-draft]");
const picker = document.querySelector(".picker");
if (form && picker) {
  const sending = new Map(); // the request of each row that sends a file
  const cellOf = (part) => part.closest(".form-row").querySelector("[data-proof-cell]");
  const list = (cell) => cell.querySelector("select");
  const input = (cell) => cell.querySelector("input[type=file]");
  const choice = (pk) => picker.querySelector(`.proof-file[data-file="${pk}"]`);

  document.body.classList.add("proofs-live");

  const element = (html) => {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    return holder.content.firstElementChild;
  };

  // --- What a row shows of its file ----------------------------------------------------------
  const show = (cell) => {
    const row = cell.closest(".form-row");
    const file = list(cell).value && choice(list(cell).value);
    const shown = cell.querySelector("[data-proof-chosen]");
    if (shown.firstElementChild?.dataset.file !== file?.dataset?.file) {
      shown.replaceChildren(...(file ? [file.cloneNode(true)] : []));
    }
    cell.querySelector("[data-proof-actions]").hidden = false;
    cell.querySelector("[data-drop-proof]").hidden = !file;
    cell.querySelector("[data-upload-proof]").textContent = file ? "换一份" : "上传佐证";
    const mark = row.querySelector("[data-proof-mark]");
    mark.textContent = file ? "有佐证" : "无佐证";
    mark.className = `tag tag--${file ? "pass" : "plain"}`;
  };
  const state = (cell, ...parts) => cell.querySelector("[data-proof-state]").replaceChildren(...parts);
  const say = (cell, sentence) => {
    state(cell, sentence);
    cell.closest(".row-block").querySelector("[data-row-status]").textContent = sentence;
  };

  const choose = (cell, value) => {
    if (list(cell).value !== String(value)) {
      list(cell).value = value;
      // The page belonged to the file before.
      cell.querySelector("[name$='-evidence_page']").value = "";
    }
    for (const type of ["input", "change"]) list(cell).dispatchEvent(new Event(type, { bubbles: true }));
  };

  // --- Sending ---------------------------------------------------------------------------------
  const button = (text, act) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: "btn btn-link", textContent: text });
    made.addEventListener("click", act);
    return made;
  };
  const word = (text, look) => {
    const made = document.createElement("span");
    Object.assign(made, { textContent: text, className: look });
    return made;
  };

  const refuse = (cell, text, ...more) => {
    const note = document.createElement("p");
    note.className = "note note--error";
    note.setAttribute("role", "alert");
    note.append(text, ...more);
    state(cell, note);
  };

  const upload = async (cell, file) => {
    if (sending.has(cell)) return;
    const [bar, note] = [document.createElement("progress"), word("等待上传", "upload__state")];
    bar.setAttribute("aria-label", `${file.name}的上传进度`);
    let isCancelled = false;
    const cancel = button("取消", () => {
      isCancelled = true;
      sending.get(cell)?.abort?.();
      sending.delete(cell);
      say(cell, "已取消上传。");
      cell.querySelector("[data-upload-proof]").focus();
    });
    cancel.dataset.cancel = "";
    state(cell, word(file.name, "upload__name"), bar, note, cancel);
    sending.set(cell, {});
    const { answer, reason, needsLogin } = await sendFile(file, {
      address: picker.dataset.address,
      started: (request) => { sending.set(cell, request); },
      progress: (text, part) => {
        note.textContent = text;
        bar.value = part;
      },
    });
    if (isCancelled) return;
    const hadFocus = cell.contains(document.activeElement);
    sending.delete(cell);
    if (answer && !answer.errors.length) {
      take(cell, answer);
    } else {
      const again = button("重试", () => upload(cell, file));
      refuse(cell, `${file.name}：${reason ?? answer.errors[0]}`, needsLogin ? loginLink({ inNewWindow: true }) : "", again);
    }
    if (hadFocus && !cell.contains(document.activeElement)) {
      const page = cell.querySelector("[name$='-evidence_page']");
      (answer?.pages > 1 ? page : cell.querySelector("[data-upload-proof]")).focus();
    }
  };

  // Takes an uploaded file into the picker and into every row's choices, and chooses it in its own.
  const take = (cell, answer) => {
    showUsage(answer);
    if (!choice(answer.file)) {
      picker.querySelector("[data-picker-new]").append(element(answer.html));
      picker.querySelector("[data-picker-empty]").hidden = true;
      const patterns = [...form.querySelectorAll("template")].map((each) => each.content);
      for (const place of [form, ...patterns]) {
        for (const each of place.querySelectorAll("select[name$='-evidence_id']")) {
          each.append(new Option(answer.label, answer.file));
        }
      }
      watch();
    }
    choose(cell, answer.file);
    say(cell, answer.pages > 1 ? `已上传，共 ${answer.pages} 页，请填写所在页。` : "已上传。");
  };

  // --- What the server proposes by the texts that it read --------------------------------------
  let isAsking = false;
  const propose = async () => {
    if (!picker.dataset.proposals || isAsking) return;
    isAsking = true;
    try {
      const { response, trouble } = await get(picker.dataset.proposals, {
        headers: { Accept: "application/json", "X-Unattended": "yes" },
      });
      if (trouble || !response.ok) return;
      const proposals = await response.json();
      for (const cell of form.querySelectorAll("[data-proof-cell]")) {
        const place = cell.querySelector("[data-proposed]");
        const key = cell.closest(".form-row").querySelector("[name$='-pk']").value;
        if (key in proposals && !place.contains(document.activeElement)) {
          place.innerHTML = proposals[key];
        }
      }
    } catch { /* the next save, or the next load of the page, shows them */ } finally {
      isAsking = false;
    }
  };
  form.addEventListener("told", propose);
  document.addEventListener("reading:finished", propose);

  form.addEventListener("click", (event) => {
    const pressed = event.target.closest("[data-take]");
    if (!pressed) return;
    const cell = cellOf(pressed);
    const { take: file, page } = pressed.dataset;
    if (![...list(cell).options].some((option) => option.value === file)) {
      // It came to the application after this page: the server takes it.
      pressed.value = `take-${list(cell).name.replace(/-evidence_id$/, "")}-${file}-${page || 1}`;
      return;
    }
    event.preventDefault();
    list(cell).value = file;
    cell.querySelector("[name$='-evidence_page']").value = page;
    choose(cell, file);
    cell.querySelector("[data-proposed]").replaceChildren();
    say(cell, "已选用建议的佐证，请核对。");
    cell.querySelector("[data-pick-proof]").focus();
  });

  // --- Choosing, dropping -----------------------------------------------------------------------
  let picking = null; // the row for which the picker is open
  form.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (!pressed || !event.target.closest("[data-proof-actions]")) return;
    const cell = cellOf(pressed);
    if (pressed.matches("[data-upload-proof]")) input(cell).click();
    if (pressed.matches("[data-drop-proof]")) {
      choose(cell, "");
      say(cell, "已取消关联，文件仍在“佐证材料”中。");
      cell.querySelector("[data-upload-proof]").focus();
    }
    if (pressed.matches("[data-pick-proof]")) {
      picking = cell;
      for (const each of picker.querySelectorAll("[data-choose]")) {
        each.setAttribute("aria-pressed", each.dataset.choose === list(cell).value);
      }
      picker.showModal();
      picker.querySelector("h2").focus();
    }
  });
  picker.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (pressed?.dataset.choose) {
      picking.querySelector("[data-cancel]")?.click(); // what is picked takes the place of what is sent
      choose(picking, pressed.dataset.choose);
      state(picking);
    }
    if (event.target === picker || pressed) picker.close();
  });
  picker.addEventListener("close", () => picking.querySelector("[data-pick-proof]").focus());

  form.addEventListener("change", (event) => {
    const { target } = event;
    if (target.type !== "file" || !target.files.length) return;
    const [file] = target.files;
    target.value = "";
    upload(cellOf(target), file);
  });
  form.addEventListener("input", (event) => {
    if (event.target.matches("select[name$='-evidence_id']")) show(cellOf(event.target));
  });
  form.addEventListener("row", (event) => show(cellOf(event.target)));

  let over = null;
  const mark = (row) => {
    over?.classList.remove("form-row--over");
    over = row;
    over?.classList.add("form-row--over");
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  const rowUnder = (event) => {
    const row = event.target.closest?.(".form-row");
    return row?.querySelector("[data-proof-cell]") && !row.matches(".is-deleted") ? row : null;
  };
  // A file dropped beside every row must not take the place of the page.
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    const row = rowUnder(event);
    event.dataTransfer.dropEffect = row ? "copy" : "none";
    mark(row);
  });
  document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) mark(null); });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(null);
    const row = rowUnder(event);
    if (!row) return;
    row.open = true;
    const { files } = event.dataTransfer;
    if (files.length === 1) upload(cellOf(row), files[0]);
    else refuse(cellOf(row), "每行请拖入一份文件；一个奖项有多份佐证的，请合并成一个 PDF 文件。");
  });

  window.addEventListener("beforeunload", (event) => { if (sending.size) event.preventDefault(); });

  for (const cell of form.querySelectorAll("[data-proof-cell]")) show(cell);
}
