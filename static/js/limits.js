// Fields with data-limit: how many characters are left, counted as the server counts them
// (applications/form/forms.py, DraftTextField; a browser test compares both).
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is not counted
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;
const NEAR = 0.8; // of the limit: a short field says nothing before
const counters = new WeakMap();

const count = (field) => {
  const text = field.value.replace(/\r\n?/g, "\n").replace(UNPRINTABLE, "").trim();
  return [...(field.matches("textarea") ? text : text.replace(/\s+/g, " "))].length;
};

const sentence = (field, used) => {
  const limit = Number(field.dataset.limit);
  if (used <= limit) return `还可填 ${limit - used} 字`;
  return field.dataset.limitSentence
    .replace("%(limit_value)d", limit)
    .replace("%(show_value)d", used);
};

const show = (field) => {
  const limit = Number(field.dataset.limit);
  const used = count(field);
  const isQuiet = !field.matches("textarea") && used < limit * NEAR;
  if (!counters.has(field)) {
    if (isQuiet) return;
    const counter = document.createElement("p");
    counter.setAttribute("aria-hidden", "true");
    field.after(counter);
    counters.set(field, counter);
  }
  const counter = counters.get(field);
  counter.textContent = sentence(field, used);
  counter.className = used > limit ? "limit limit--over" : "limit";
  counter.hidden = isQuiet;
};

// A reader of the screen hears it when the typing rests, and only where it begins to matter.
const spoken = document.createElement("p");
spoken.className = "visually-hidden";
spoken.setAttribute("role", "status");
document.querySelector("main").append(spoken);
let timer;
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-limit]")) return;
  show(target);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const used = count(target);
    spoken.textContent = used < target.dataset.limit * NEAR ? "" : sentence(target, used);
  }, 1000);
});
for (const field of document.querySelectorAll("[data-limit]")) show(field);
