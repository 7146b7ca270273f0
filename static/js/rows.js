// Repeated rows: “增加一行” copies the empty row instead of asking the server for one.
for (const button of document.querySelectorAll("[data-add-row]")) {
  const block = button.closest(".row-block");
  const list = block.querySelector(".rows-list");
  const count = block.querySelector("input[name$='-count']");
  const template = block.querySelector("template");
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const holder = document.createElement("template");
    holder.innerHTML = template.innerHTML.replaceAll("__n__", count.value);
    count.value = Number(count.value) + 1;
    list.append(holder.content);
    const row = list.lastElementChild;
    row.querySelector(".row-number").textContent = list.children.length;
    row.querySelector("input, select").focus();
  });
}

// A link to a field puts the caret into it.
const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
target?.querySelector("input:not([type=hidden]), select, textarea")?.focus();
if (target?.matches("input, select, textarea")) target.focus();
