// A list to choose from: ticks all of it, or nothing, in place. Without this file the links do.
for (const link of document.querySelectorAll("a[data-tick]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const boxes = document.querySelectorAll("input[type='checkbox'][name='place']:enabled");
    for (const box of boxes) box.checked = Boolean(link.dataset.tick);
  });
}
