// <div data-progress="address">: how far the work in it is, asked for again and again. At its end
// the page is loaded anew. Without this file the page's own link does it.
import { get, notice } from "./asking.js";

for (const part of document.querySelectorAll("[data-progress]")) {
  const PAUSE = 1500;
  const ask = async () => {
    try {
      const { response, trouble } = await get(part.dataset.progress, { headers: { "X-Unattended": "yes" } });
      if (trouble === "expired") return part.before(notice("登录已过期，进度不再更新。"));
      // The application is gone: the page itself says so.
      if (response.redirected || !response.ok) return location.reload();
      const underWay = await response.json();
      for (const bar of part.querySelectorAll("progress")) {
        const now = underWay[bar.dataset.kind];
        if (!now) return location.reload();
        bar.max = now.total || 1;
        bar.value = now.done;
        if (bar.labels[0].textContent !== now.text) bar.labels[0].textContent = now.text;
      }
    } catch {
      // The line is down: try again.
    }
    setTimeout(ask, PAUSE);
  };
  setTimeout(ask, PAUSE);
}
