// Single keys as commands (WCAG 2.1.4): nobody loses typed text to them, and they can be turned off.
const KEPT = "keys-off";

// Whether a key pressed now may be a command.
export const keysAreOn = (event) =>
  !localStorage.getItem(KEPT) &&
  !(event.ctrlKey || event.metaKey || event.altKey) &&
  !event.target.closest("input:not([type='radio'], [type='checkbox']), textarea, select, [contenteditable]");

// <button data-keys>: turns them off and on again, in this browser.
for (const button of document.querySelectorAll("[data-keys]")) {
  const tell = () => {
    const isOff = localStorage.getItem(KEPT);
    button.textContent = isOff ? "快捷键：关" : "快捷键：开";
    button.setAttribute("aria-pressed", isOff ? "false" : "true");
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    if (localStorage.getItem(KEPT)) localStorage.removeItem(KEPT);
    else localStorage.setItem(KEPT, "yes");
    tell();
  });
  tell();
}
