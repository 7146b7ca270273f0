// The queue: ticks the whole page in place, and says how many rows are ticked.
const form = document.getElementById("bulk");
const boxes = [...document.querySelectorAll("input[form='bulk'][name='pk']")];
const link = form?.querySelector("[data-select-page]");
const count = form?.querySelector("output");

const show = () => {
  const ticked = boxes.filter((box) => box.checked).length;
  if (count) count.textContent = ticked ? `已选 ${ticked} 项` : "";
  if (link) link.textContent = ticked === boxes.length ? "取消全选" : "全选本页";
};

link?.addEventListener("click", (event) => {
  event.preventDefault();
  const tick = !boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = tick;
  show();
});
for (const box of boxes) box.addEventListener("change", show);
window.addEventListener("pageshow", show);
