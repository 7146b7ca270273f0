// Repeated rows (awards, members): add, delete with undo, move (moving.js), sort, paste.
// Without this file the same buttons ask the server. Rows stand in the order of the hidden
// <block>-order; whatever changes here is told to the form by an `input` event.
import "./draft.js"; // what was typed before is put back, then its rows are prepared here
import { movable } from "./moving.js";
import { cells, pastedAs } from "./pasting.js";

// The first field that can be seen: the box that deletes a row without scripts cannot, nor what a
// folded row holds.
const firstField = (part) =>
  [...part.querySelectorAll("input, select, textarea")].find((field) =>
    field.offsetParent && field.type !== "file" && !field.closest("details:not([open])"));

// What a folded row shows of its fields, and whether something in it is to be mended.
const sumUp = (row) => {
  const nothing = new RegExp(`^(?:${row.closest(".row-block").dataset.nothing})$`, "i");
  const says = (field) => !nothing.test(field.value.normalize("NFKC").replace(/\s/g, ""));
  for (const place of row.querySelectorAll("[data-sums]")) {
    const fields = place.dataset.sums.split(" ").map((name) => row.querySelector(`[name$="-${name}"]`));
    const texts = fields.filter(says).map((field) =>
      (field.selectedOptions ? field.selectedOptions[0].text : field.value).trim());
    place.textContent = texts[0] ?? "";
  }
  row.querySelector("[data-incomplete]").hidden = !row.querySelector(".note--hint, .note--error");
};

for (const block of document.querySelectorAll(".row-block")) {
  const list = block.querySelector(".rows-list");
  const hidden = (name) => block.querySelector(`input[name="${block.id}-${name}"]`);
  const button = (name) => block.querySelector(`button[value="${name}-${block.id}"]`);
  const isDeleted = (row) => row.querySelector("[name$='-delete']").checked;
  const living = () => [...list.children].filter((row) => !isDeleted(row));
  const say = (sentence) => { block.querySelector("[data-row-status]").textContent = sentence; };

  const number = () => {
    living().forEach((row, index) => {
      for (const place of row.querySelectorAll(".row-number")) place.textContent = index + 1;
    });
    const isFull = living().length >= Number(block.dataset.maxRows);
    for (const name of ["add", "paste"]) if (button(name)) button(name).hidden = isFull;
    block.querySelector("[data-rows-full]").hidden = !isFull;
  };

  const changed = () => {
    number();
    const order = hidden("order");
    order.value = [...list.children].map((row) => row.dataset.index).join(" ");
    for (const type of ["input", "change"]) order.dispatchEvent(new Event(type, { bubbles: true }));
  };

  const showDeletion = (row) => {
    const gone = isDeleted(row);
    row.classList.toggle("is-deleted", gone);
    for (const part of row.querySelectorAll(".form-row__fields, [data-proof-cell]")) part.inert = gone;
    row.querySelector("[data-delete-row]").textContent = gone ? "撤销删除" : "删除";
  };

  const prepare = (row) => {
    row.querySelector(".row-delete").hidden = true;
    row.querySelector("[data-delete-row]").hidden = false;
    row.querySelector(".row-handle").hidden = false;
    showDeletion(row);
    sumUp(row);
    row.dispatchEvent(new Event("row", { bubbles: true }));
  };

  const add = () => {
    const count = hidden("count");
    const holder = document.createElement("template");
    holder.innerHTML = block.querySelector("template").innerHTML.replaceAll("__n__", count.value);
    count.value = Number(count.value) + 1;
    list.append(holder.content);
    const row = list.lastElementChild;
    prepare(row);
    changed();
    firstField(row).focus();
  };

  const move = movable(list, {
    say,
    unit: "行",
    moved: (row) => {
      changed();
      return row.querySelector(".row-number").textContent;
    },
  });

  const remove = (row) => {
    const mark = row.querySelector("[name$='-delete']");
    const where = row.querySelector(".row-number").textContent;
    mark.checked = !mark.checked;
    showDeletion(row);
    changed();
    say(mark.checked ? `已删除第 ${where} 行，可以撤销` : "已撤销删除");
  };

  const sort = () => {
    const year = (row) => Number(row.querySelector("[name$='-year']").value.match(/\d{4}/) ?? 9999);
    list.append(...[...list.children].sort((one, other) => year(one) - year(other)));
    changed();
    say("已按年度排序");
  };

  block.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    const row = event.target.closest(".form-row");
    const act = {
      [`add-${block.id}`]: add,
      [`sort-${block.id}`]: sort,
      [`up-${block.id}-${row?.dataset.index}`]: () => move(row, -1),
      [`down-${block.id}-${row?.dataset.index}`]: () => move(row, 1),
    }[pressed?.value];
    if (event.target.closest(".row-handle")) event.preventDefault(); // dragged, not unfolded
    if (act) {
      event.preventDefault();
      act();
    } else if (pressed?.matches("[data-delete-row]")) {
      remove(row);
    }
  });

  // What changes in a folded row, or is said of it, shows on its line.
  const form = block.closest("form");
  block.addEventListener("input", (event) => {
    const row = event.target.closest(".form-row");
    if (row) sumUp(row);
  });
  form.addEventListener("told", () => { for (const row of list.children) sumUp(row); });

  const unfold = block.querySelector("[data-unfold]");
  const isAnyFolded = () => [...list.children].some((row) => !row.open);
  const showUnfold = () => {
    unfold.hidden = list.children.length < 2;
    unfold.textContent = isAnyFolded() ? "全部展开" : "全部收起";
  };
  unfold.addEventListener("click", () => {
    const open = isAnyFolded();
    for (const row of list.children) row.open = open;
  });
  list.addEventListener("toggle", showUnfold, { capture: true });

  // Several cells pasted into one: the server reads them and shows what it has read.
  block.addEventListener("paste", (event) => {
    const text = cells(event.clipboardData);
    if (!text || !button("paste") || button("paste").hidden) return;
    event.preventDefault();
    sessionStorage.setItem(pastedAs(block.id), text);
    button("paste").form.requestSubmit(button("paste"));
  });

  for (const row of list.children) prepare(row);
  number();
  showUnfold();
}

// A link to a field or a row puts the caret there, after the browser has scrolled to it and dropped
// the focus. A link to the fields as a whole leaves the page where it begins.
window.addEventListener("load", () => {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const row = target?.closest("details.form-row");
  if (row) row.open = true;
  if (target?.matches("input, select, textarea")) target.focus();
  else if (target) firstField(target)?.focus({ preventScroll: target.matches(".begins") });
});
