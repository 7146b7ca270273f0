// The viewer beside the material (templates/review/shared/_viewer.html): opens what a link with the
// target "proof" leads to, at its page, and says what is open: file, category, page and whose it is.
// A link leads to a file, or to one page of it with a place marked (…/pages/3/).
const viewer = document.getElementById("proof");
const names = JSON.parse(document.getElementById("proof-names")?.textContent ?? "{}");
const part = (name) => viewer?.querySelector(`[data-proof-${name}]`);
let opened = viewer?.querySelector("iframe")?.getAttribute("src") ?? "";

const say = (name, note, address = "", original = "") => {
  part("name").textContent = name;
  part("note").textContent = note;
  part("window").hidden = !address;
  if (address) part("window").href = address;
  part("original").hidden = !original;
  if (original) part("original").href = original;
};

function tell(address, label) {
  const { pathname, hash } = new URL(address, location.href);
  const [, file, leaf] = /^(.*\/)pages\/(\d+)\/$/.exec(pathname) ?? [null, pathname, null];
  const [name, category, pages, note, original] = names[file] ?? [label, "", 0];
  const page = Number(leaf ?? /\bpage=(\d+)/.exec(hash)?.[1] ?? 1);
  const place = pages > 1 ? `第 ${page} 页，共 ${pages} 页` : "";
  const whose = viewer.dataset.owner;
  const told = [category === name ? "" : category, place, whose, note];
  say(name, told.filter(Boolean).join("　"), address, original);
}

// Tell it again when somebody turns a page inside the frame; where a file stands nobody can ask.
function follow(frame) {
  frame.addEventListener("load", () => {
    let address = "";
    try {
      const { pathname, search, hash } = frame.contentWindow.location;
      if (!/\/pages\/\d+\/$/.test(pathname)) return;
      address = pathname + search + hash;
    } catch {
      return;
    }
    opened = address;
    tell(address, part("name").textContent);
  });
}

// The anchor of a place scrolls the page around the frame as well: put it back where it stood.
function hold(frame) {
  let top = scrollY;
  setTimeout(() => { top = scrollY; }); // after whoever opened it has scrolled to the viewer
  frame.addEventListener("load", () => scrollTo({ top, behavior: "instant" }), { once: true });
}

// Open an address; `label` names what the page knows no name of.
export function open(address, label = "佐证材料") {
  const frame = viewer?.querySelector("iframe");
  if (!frame) return;
  if (address !== opened) {
    // A frame of its own each time: Chromium's viewer ignores a new page of the file that it shows,
    // and the browser's way back leads out of this page, not through the files.
    const fresh = frame.cloneNode();
    fresh.src = address;
    follow(fresh);
    if (address.includes("#place")) hold(fresh);
    frame.replaceWith(fresh);
    opened = address;
  }
  tell(address, label);
}

// Show nothing: what is worked on has no proof.
export function close(words) {
  const frame = viewer?.querySelector("iframe");
  if (!frame) return;
  if (opened) {
    const fresh = frame.cloneNode();
    fresh.removeAttribute("src");
    frame.replaceWith(fresh);
    opened = "";
  }
  part("empty").textContent = words;
  say("没有打开的材料", "");
}

if (viewer) {
  const frame = viewer.querySelector("iframe");
  if (frame) follow(frame);
  if (opened) tell(opened, part("name").textContent);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[target='proof']");
    if (!link || !viewer.querySelector("iframe")) return; // it opens a window, as without a script
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link.getAttribute("href"), link.textContent.trim());
    for (const other of document.querySelectorAll("a[target='proof'][aria-current]")) {
      other.removeAttribute("aria-current");
    }
    link.setAttribute("aria-current", "true");
    // On a narrow screen the viewer lies below.
    viewer.scrollIntoView({ block: "nearest" });
  });
}
