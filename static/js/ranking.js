// The order in which applications are recommended: moved by button, by hand (moving.js) or by
// typing a number; the preview of 附件1 follows. Without this file the numbers alone are typed.
import { movable } from "./moving.js";

const list = document.querySelector(".rank-list");
if (list) {
  const ranks = list.dataset.ranks.split(" ");
  const status = document.querySelector("[data-rank-status]");
  const say = (sentence) => { status.textContent = sentence; };
  const field = (row) => row.querySelector("input");
  const preview = document.querySelector("[data-preview]");
  const lines = new Map([...preview.rows].map((line) => [line.dataset.application, line]));

  // What is waiting takes the free places of the preview, in its order.
  const show = () => {
    const places = [...preview.rows].map((line) => lines.get(line.dataset.application));
    const waiting = [...list.children].map((row) => lines.get(row.dataset.application));
    const numbered = new Map(waiting.map((line, index) => [line, Number(ranks[index])]));
    const rank = (line) => numbered.get(line) ?? Number(line.dataset.rank);
    places.sort((one, other) => rank(one) - rank(other));
    preview.append(...places);
    places.forEach((line, index) => { line.cells[0].textContent = index + 1; });
  };

  const ends = () => [...list.children].forEach((row, index) => {
    const end = (button, isEnd, sentence) => {
      button.disabled = isEnd;
      button.title = isEnd ? sentence : "";
    };
    end(row.querySelector("[value=up]"), index === 0, "已排在最前。");
    end(row.querySelector("[value=down]"), index === ranks.length - 1, "已排在最后。");
  });
  const number = () => {
    [...list.children].forEach((row, index) => { field(row).value = ranks[index]; });
    const isNew = [...list.children].some((row) => field(row).value !== row.dataset.saved);
    document.querySelector("[data-unsaved]").hidden = !isNew;
    show();
  };
  const changed = () => {
    const { activeElement } = document;
    number();
    ends();
    // A button that has just come to the end hands the focus to its neighbour.
    if (activeElement?.disabled) activeElement.parentElement.querySelector("button:enabled")?.focus();
    list.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const move = movable(list, {
    say,
    unit: "位",
    moved: (row) => {
      changed();
      return field(row).value;
    },
  });

  list.addEventListener("click", (event) => {
    const pressed = event.target.closest("button");
    if (pressed) move(pressed.closest("li"), pressed.value === "up" ? -1 : 1);
  });
  // A typed number takes the row to its place; anything else is left to the server to judge.
  list.addEventListener("change", (event) => {
    const row = event.target.closest("li");
    const place = ranks.indexOf(event.target.value.trim());
    if (place < 0) return;
    const rest = [...list.children].filter((each) => each !== row);
    rest.splice(place, 0, row);
    list.append(...rest);
    changed();
    say(`已移到第 ${field(row).value} 位`);
    field(row).focus();
  });
  list.addEventListener("keydown", (event) => {
    // Enter in a number moves its row; it does not save half an order.
    if (event.key !== "Enter" || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });

  const forScripts = "#ranking :is(.row-handle, .rank-list__move, [data-drag-hint])";
  for (const part of document.querySelectorAll(forScripts)) part.hidden = false;
  ends();
  // What has no number yet stands last: the order shown is proposed, and saved by the button.
  // Doubled or missing numbers are left as they are.
  if ([...list.children].every((row, index) => ["", ranks[index]].includes(field(row).value))) number();
}
