// The marks of findings (templates/applications/recognition/_finding_marks.html): put in place.
import { notice, post } from "./asking.js";

const FAILED = "标记没有保存，请稍后再试。";
const EXPIRED = "登录已过期，标记没有保存，登录后请再试。";

function tell(place, sentence) {
  const told = document.createElement("p");
  told.className = "note note--hint";
  told.setAttribute("role", "alert");
  told.textContent = sentence;
  place.querySelector("[role='alert']")?.remove();
  place.append(told);
}

async function put(form, submitter) {
  const place = form.closest("[data-marks]");
  const address = form.getAttribute("action");
  place.setAttribute("aria-busy", "true");
  try {
    const { response, trouble } = await post(address, new FormData(form, submitter));
    if (trouble === "expired") {
      place.append(notice(EXPIRED, { inNewWindow: true }));
      return;
    }
    if (response.status === 409) {
      tell(place, await response.text());
      return;
    }
    if (trouble || !response.ok) {
      tell(place, FAILED);
      return;
    }
    place.innerHTML = await response.text();
    const finding = place.closest(".finding");
    finding.classList.toggle("finding--settled", Boolean(place.querySelector(".finding__mark")));
    // The line of a list that said that somebody should look.
    const item = place.closest("li.is-open");
    const isOpen = item?.querySelector(".finding:not(.finding--settled) .tag--wait");
    item?.querySelector(".work__doubt")?.toggleAttribute("hidden", !isOpen);
    place.querySelector("button")?.focus();
  } catch {
    tell(place, FAILED);
  } finally {
    place.removeAttribute("aria-busy");
  }
}

// Before any other script of the page: a mark is nothing that these send or hold back.
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-finding-mark]")) return;
  event.preventDefault();
  event.stopPropagation();
  put(event.target, event.submitter);
}, true);
