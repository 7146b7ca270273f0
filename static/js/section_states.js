// How far each section of the form is, in the list beside it, as the server answered.
export function showStates(states) {
  for (const [section, [kind, text]] of Object.entries(states)) {
    const mark = document.querySelector(`.section-list [data-section="${section}"] .state`);
    if (!mark || mark.textContent === text) continue;
    mark.textContent = text;
    mark.className = `state state--${kind}`;
  }
}
