// A link with data-fill puts its template into that field; without this file it loads the page anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-fill]");
  const field = link && document.getElementById(link.dataset.fill);
  if (!field) return;
  event.preventDefault();
  field.value = link.dataset.text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
