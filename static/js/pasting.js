// Pasting a table into rows (rows.js) and on the page that reads it.

// Where a paste waits until the page that reads it is open: /applications/<pk>/…
export const pastedAs = (block) => `pasted:${location.pathname.split("/")[2]}:${block}`;

// Returns the cells on the clipboard as lines with tabs between, "" when it holds no table.
// A table is read from its markup: as plain text Word breaks a cell of two paragraphs in two rows.
export function cells(clipboard) {
  const page = new DOMParser().parseFromString(clipboard.getData("text/html"), "text/html");
  const lines = [...page.querySelectorAll("tr")].map((row) =>
    [...row.cells].map((cell) => cell.textContent.replace(/\s+/g, " ").trim()));
  if (lines.flat().length > 1) return lines.map((line) => line.join("\t")).join("\n");
  const text = clipboard.getData("text/plain");
  return text.trim().includes("\t") ? text : "";
}

// The page of a paste: takes what was pasted into a row, and reads it at once.
const area = document.querySelector("textarea[data-paste]");
if (area) {
  area.addEventListener("paste", (event) => {
    const text = cells(event.clipboardData);
    if (!text) return;
    event.preventDefault();
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  });
  const pasted = sessionStorage.getItem(pastedAs(area.dataset.paste));
  sessionStorage.removeItem(pastedAs(area.dataset.paste));
  if (pasted && !area.value) {
    area.value = pasted;
    area.form.requestSubmit();
  }
}
