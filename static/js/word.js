// The preview of a Word file: what is corrected is ticked, so that nobody corrects it in vain.
document.addEventListener("input", ({ target }) => {
  if (target.matches("[type='checkbox'], [type='radio']")) return;
  const offer = target.closest(".word-offer, .word-rows tr");
  const take = offer?.querySelector("[type='checkbox'], [type='radio'][value='1']");
  if (take) take.checked = true;
});
