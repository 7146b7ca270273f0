// The preview of a Word file: what is corrected is ticked, so that nobody corrects it in vain; and
// beside the button, how many of what has to be looked at are not.
const doubts = document.getElementById("open-doubts");

function count() {
  if (!doubts) return;
  const open = document.querySelectorAll("#offers [data-unsure]:not(:checked)").length;
  doubts.hidden = !open;
  doubts.firstElementChild.textContent = open;
}

document.addEventListener("input", ({ target }) => {
  if (!target.matches("[type='checkbox'], [type='radio']")) {
    const offer = target.closest(".word-offer, .word-rows tr");
    const take = offer?.querySelector("[type='checkbox'], [type='radio'][value='1']");
    if (take) take.checked = true;
  }
  count();
});
window.addEventListener("pageshow", count); // a browser that comes back keeps what was ticked
