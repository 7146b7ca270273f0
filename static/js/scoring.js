// The expert's score sheet: <form data-scores>. Adds up while typing and saves on its own; the
// server decides everything (review/scoring/views.py). Without this file the buttons do the same.
(() => {
  // --- The material: form or opened proof, one at a time ---
  const material = document.querySelector("[data-material]");
  if (material) {
    const tabs = [...material.querySelectorAll(".scoring__tabs a[href^='#']")];
    const open = (id) => {
      for (const tab of tabs) {
        const isOpen = tab.hash === `#${id}`;
        document.getElementById(tab.hash.slice(1)).hidden = !isOpen;
        if (isOpen) tab.setAttribute("aria-current", "true");
        else tab.removeAttribute("aria-current");
      }
    };
    material.classList.add("is-tabbed");
    open("material-form");
    material.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link) return;
      if (tabs.includes(link)) {
        event.preventDefault();
        open(link.hash.slice(1));
      } else if (link.target === "proof") {
        open("material-proof");
      }
    });
  }

  const form = document.querySelector("form[data-scores]");
  if (!form) return;
  const PAUSE = 800; // after the last key
  const RETRIES = [2, 4, 8, 15, 30]; // seconds
  const line = form.querySelector("[data-score-state]");
  const total = form.querySelector("[data-total]");
  const UNTYPED = new Set(["csrfmiddlewaretoken", "revision", "action"]);

  const read = () => JSON.stringify(
    [...new FormData(form)].filter(([name]) => !UNTYPED.has(name)),
  );
  let saved = form.querySelector("[aria-invalid='true']") ? "" : read();
  let waiting = null; // what was sent and not answered yet: sent again just as it was
  let state = "fine"; // "offline", "expired", "stopped"
  let failures = 0;
  let isWrong = false; // something typed that the server would not take
  let timer = null;
  let busy = null;
  let leaving = false;

  const add = () => {
    let sum = 0;
    for (const input of form.querySelectorAll("input[type='number']")) {
      const points = Number(input.value);
      if (input.validity.valid && input.value !== "") sum += points * 2;
    }
    total.textContent = (sum / 2).toFixed(1).replace(/\.0$/, "");
  };

  const say = (sentence, kind = "", action = null) => {
    line.className = `save-state ${kind}`;
    line.replaceChildren(sentence, ...(action ? [" ", action] : []));
  };
  const link = (text, href) => {
    const element = document.createElement("a");
    element.textContent = text;
    element.href = href;
    return element;
  };

  const showProblems = (problems) => {
    for (const place of form.querySelectorAll("[data-error]")) {
      const name = place.dataset.error;
      const control = form.elements[name];
      // Under the field that has the caret nothing new is said until it is left.
      if (problems[name] && document.activeElement === control) continue;
      place.textContent = problems[name] ?? "";
      if (problems[name]) control.setAttribute("aria-invalid", "true");
      else control.removeAttribute("aria-invalid");
    }
  };

  const stop = (sentence, action) => {
    state = "stopped";
    waiting = null;
    say(sentence, "save-state--waiting", action);
  };
  const drop = (why) => {
    state = "offline";
    say(`${why}，未保存。可以继续填写，恢复后自动保存；请不要关闭本页。`, "save-state--waiting");
    const seconds = RETRIES[Math.min(failures, RETRIES.length - 1)];
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(run, seconds * 1000);
  };

  const packed = () => {
    const body = new FormData(form);
    body.set("action", "save");
    return { body, values: read() };
  };
  const post = (body, options) => asking.post(location.pathname, body, { by: "autosave", ...options });

  const attempt = async () => {
    waiting ??= packed();
    let status = 0;
    let trouble = "";
    let answer = null;
    try {
      const asked = await post(waiting.body, { signal: AbortSignal.timeout(20_000) });
      const { response } = asked;
      if (response.headers.get("Content-Type")?.includes("json")) answer = await response.json();
      ({ trouble, response: { status } } = asked);
    } catch {
      status = 0; // no answer, or half of one
    }
    const reload = link("刷新页面", location.pathname);
    if (status === 200 && answer) {
      saved = waiting.values;
      waiting = null;
      failures = 0;
      state = "fine";
      form.elements.revision.value = answer.revision;
      showProblems(answer.problems);
      const wrong = Object.keys(answer.problems).length;
      isWrong = wrong > 0;
      say(`已保存 ${answer.saved}${wrong ? `　有 ${wrong} 处需要改正后才能保存` : ""}${answer.closed ? `　${answer.closed}` : ""}`,
        wrong || answer.closed ? "save-state--waiting" : "");
      if (read() !== saved) schedule();
    } else if (answer?.refused) {
      stop(`${answer.refused}填写的内容还在本页，需要的请先复制留存。`, reload);
    } else if (status === 404 || trouble === "gone") {
      stop("没有保存：这项申报已不由您评审。填写的内容还在本页，需要的请先复制留存。");
    } else if (trouble === "expired") {
      state = "expired";
      say("登录已过期，未保存。请在新窗口登录，回到本页后自动保存。", "save-state--waiting",
        asking.loginLink({ inNewWindow: true }));
    } else if (trouble === "other") {
      stop("没有保存：这个浏览器已换成别的账号登录。填写的内容还在本页，需要的请先复制留存。");
    } else if (trouble === "refused") {
      stop("没有保存。填写的内容还在本页，需要的请先复制留存，再刷新页面。", reload);
    } else {
      drop(status ? "系统暂时没有应答" : "网络不通");
    }
  };

  const run = () => {
    clearTimeout(timer);
    busy ??= attempt().finally(() => { busy = null; });
    return busy;
  };
  const schedule = (delay = PAUSE) => {
    if (state === "stopped" || state === "expired") return;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      await busy;
      if (waiting || read() !== saved) run();
    }, delay);
  };

  window.addEventListener("focus", () => { if (state === "expired") run(); });

  form.addEventListener("input", (event) => {
    add();
    if (!event.isComposing) schedule();
  });
  form.addEventListener("compositionend", () => schedule());
  form.addEventListener("change", () => schedule(0));
  window.addEventListener("online", () => { if (state === "offline") run(); });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && state === "fine" && read() !== saved) run();
  });

  // A button sends everything itself, once what is under way has been answered.
  let isFlushed = false;
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (isFlushed || !(busy || waiting)) {
      leaving = true;
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const { submitter } = event;
    Promise.race([Promise.resolve(busy), new Promise((done) => { setTimeout(done, 5000); })]).then(() => {
      isFlushed = true;
      form.requestSubmit(submitter);
    });
  }, { capture: true });

  // A link goes its way when everything is saved; whatever else leaves sends the last keys along.
  document.addEventListener("click", async (event) => {
    const target = event.target.closest("a[href]");
    const isPlain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!target || !isPlain || target.target || target.pathname === location.pathname) return;
    if (state !== "fine" || !(waiting || read() !== saved)) return;
    event.preventDefault();
    await Promise.race([
      Promise.resolve(busy).then(() => (read() === saved ? null : run())),
      new Promise((done) => { setTimeout(done, 5000); }),
    ]);
    location.href = target.href;
  });
  window.addEventListener("pagehide", () => {
    if (leaving || state !== "fine" || waiting || read() === saved) return;
    post(packed().body, { keepalive: true }).catch(() => {});
  });
  window.addEventListener("pageshow", () => { leaving = false; isFlushed = false; });
  window.addEventListener("beforeunload", (event) => {
    // What is only late goes along; what cannot be saved asks first.
    const isAtRisk = state !== "fine" && (waiting || read() !== saved);
    if (!leaving && (isWrong || isAtRisk)) event.preventDefault();
  });
  add();
  if (!line.textContent.trim()) say("填写的内容会自动保存。");
})();
