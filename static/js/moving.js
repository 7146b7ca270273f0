// Rows that change places, by button or by hand: awards and members (rows.js), the order in which
// applications are recommended (ranking.js).

// Lets the children of `list` be moved: dragged by their .row-handle, or by the returned
// move(row, by). `say` speaks to whoever cannot see it; `unit` is what a place is called;
// `moved(row)` does what a new order asks for and returns the row's new number.
export function movable(list, { say, unit, moved }) {
  // The neighbour moves, not the row: so the row keeps its focus, or the hand that drags it.
  const step = (row, by) => {
    const neighbour = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    neighbour?.parentElement.insertBefore(neighbour, by < 0 ? row.nextElementSibling : row);
    return Boolean(neighbour);
  };
  const place = (row) => say(`已移到第 ${moved(row)} ${unit}`);

  // A row passes its neighbour when the pointer is past the neighbour's middle.
  let before = [];
  const middle = (row) => row.getBoundingClientRect().top + row.offsetHeight / 2;
  const dragged = () => list.querySelector(".is-dragged");
  list.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".row-handle");
    if (!handle || event.button) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    before = [...list.children];
    before.find((row) => row.contains(handle)).classList.add("is-dragged");
  });
  list.addEventListener("pointermove", (event) => {
    const row = dragged();
    if (!row) return;
    const { previousElementSibling: above, nextElementSibling: below } = row;
    if (above && event.clientY < middle(above)) step(row, -1);
    else if (below && event.clientY > middle(below)) step(row, 1);
    if (event.clientY < 60) window.scrollBy(0, -24);
    if (event.clientY > window.innerHeight - 60) window.scrollBy(0, 24);
  });
  list.addEventListener("lostpointercapture", () => {
    const row = dragged();
    if (!row) return;
    row.classList.remove("is-dragged");
    if (before.some((each, index) => each !== list.children[index])) place(row);
  });

  return (row, by) => {
    if (!step(row, by)) {
      say(by < 0 ? `已经是第一${unit}` : `已经是最后一${unit}`);
      return;
    }
    place(row);
    row.scrollIntoView({ block: "nearest" });
  };
}
