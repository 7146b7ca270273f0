// The record of a site visit on a phone: <form data-inspection="user:application">.
// Everything typed stays in localStorage and every photo in IndexedDB until the server has said
// that it has them (review/inspection/views.py): a lost network, an expired session or a closed tab
// loses nothing. What is sent carries a key made here, so that sending it again stores nothing twice.
// Without this file the form is posted as it is.
(() => {
  const form = document.querySelector("form[data-inspection]");
  if (!form) return;

  const OWNER = form.dataset.inspection;
  const KEY = `inspection:${OWNER}`;
  const PAUSE = 800; // after the last key
  const RETRIES = [3, 6, 15, 30, 60]; // seconds
  const PATIENCE = 20_000;
  const PHOTO_PATIENCE = 120_000;
  const LIMIT = Number(form.dataset.limit);
  const box = form.querySelector("[data-keep-state]");
  const line = box.querySelector("[role=status]");
  const retry = box.querySelector("[data-retry]");
  const saved = JSON.parse(form.dataset.values); // what the server has: { part: { name: text } }
  const loaded = JSON.parse(form.elements.loaded.value); // from which save each part's words come
  const PARTS = Object.keys(saved);

  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  // --- What stands in the form, by parts ---
  const control = (part, name) => form.elements[part === name ? name : `${name}-${part}`];
  const valueOf = (part) =>
    Object.fromEntries(Object.keys(saved[part]).map((name) => [name, control(part, name).value]));
  const write = (part, value) => {
    for (const [name, text] of Object.entries(value)) control(part, name).value = text;
  };
  const isSame = (one, other) =>
    Object.keys(one).every((name) => one[name].trim() === (other[name] ?? "").trim());

  let touched = false; // names and day are filled in before anybody has written anything
  let waiting = null; // { key, parts: { part: { base, value } } }: sent, and not answered yet
  const refused = new Map(); // what the server would not take, by part
  const photos = new Map(); // not uploaded yet, by key
  const dirty = () => (touched ? PARTS.filter((part) => !isSame(valueOf(part), saved[part])) : []);
  const unsent = () => dirty().filter((part) => !isSame(refused.get(part) ?? { "": "x" }, valueOf(part)));
  const openPhotos = () => [...photos.values()].filter((photo) => !photo.reason);
  const texts = () => new Set([...unsent(), ...Object.keys(waiting?.parts ?? {})]).size;
  const left = () => texts() + openPhotos().length;

  // --- What this phone keeps ---
  let canKeep = true;
  let isForgotten = false; // logged out (site.js): nothing is kept or sent any more
  document.addEventListener("forget", () => { isForgotten = true; });
  const keep = () => {
    if (isForgotten) return;
    const parts = Object.fromEntries(
      dirty().map((part) => [part, { base: loaded[part] ?? 0, value: valueOf(part) }]),
    );
    const passed = form.elements.passed.value;
    const isPassedNew = touched && passed !== servedPassed;
    try {
      if (left() || Object.keys(parts).length || photos.size || isPassedNew) {
        const all = { parts, waiting, passed: isPassedNew ? passed : "", left: left(), at: Date.now() };
        localStorage.setItem(KEY, JSON.stringify(all));
      } else {
        localStorage.removeItem(KEY);
      }
      canKeep = true;
    } catch {
      canKeep = false; // no room, or not allowed: leaving asks instead
    }
  };
  const servedPassed = form.elements.passed.value;

  const restore = () => {
    let all = null;
    try {
      all = JSON.parse(localStorage.getItem(KEY));
    } catch {
      canKeep = false;
    }
    if (!all) return;
    for (const [part, { base, value }] of Object.entries(all.parts)) {
      if (!(part in saved)) continue;
      write(part, value);
      loaded[part] = base;
      touched = true;
    }
    if (all.waiting) {
      waiting = all.waiting;
      touched = true;
    }
    if (all.passed) {
      form.elements.passed.value = all.passed;
      touched = true;
    }
  };

  // --- Photos in IndexedDB: { key, owner, code, name, blob } ---
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open("inspection", 1);
    request.addEventListener("upgradeneeded", () => {
      request.result.createObjectStore("photos", { keyPath: "key" }).createIndex("owner", "owner");
    });
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
  opened.catch(() => {});
  const inStore = async (mode, act) => {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction("photos", mode);
      const request = act(transaction.objectStore("photos"));
      transaction.addEventListener("complete", () => resolve(request.result));
      transaction.addEventListener("abort", () => reject(transaction.error));
    });
  };
  const forgetPhoto = (key) => inStore("readwrite", (store) => store.delete(key)).catch(() => {});

  // --- What is told ---
  let trouble = ""; // why nothing is being sent
  let isStopped = false;
  let needsLogin = false;
  let lastSaved = "";
  const tell = () => {
    const [words, pictures] = [texts(), openPhotos().length];
    const parts = [words && `文字 ${words} 处`, pictures && `照片 ${pictures} 张`].filter(Boolean);
    const pending = `待上传 ${left()} 项（${parts.join("，")}）`;
    let sentence = lastSaved ? `已保存到服务器 ${lastSaved}` : "填写的内容会自动保存到服务器。";
    if (left() && trouble) sentence = `仅在本机，${pending}。${trouble}`;
    else if (left()) sentence = `正在上传，${pending}`;
    else if (trouble) sentence = trouble;
    const amiss = refused.size + [...photos.values()].filter((photo) => photo.reason).length;
    if (amiss && !trouble) sentence += `　有 ${amiss} 处需要改正，见各项提示。`;
    if (!canKeep) sentence += "　本机无法留存内容，请不要关闭本页。";
    if (line.textContent !== sentence) line.textContent = sentence;
    if (needsLogin) {
      line.append(" ", asking.loginLink());
    }
    retry.hidden = !(left() && trouble) || isStopped || needsLogin;
    box.classList.toggle("keep-state--waiting", Boolean(left() && trouble) || amiss > 0 || !canKeep);
    box.hidden = false;
  };
  const note = (name, sentence) => {
    const place = form.querySelector(`[data-error="${name}"]`);
    if (!place) return;
    place.replaceChildren();
    if (!sentence) return;
    const element = document.createElement("p");
    element.className = "note note--error";
    element.textContent = sentence;
    place.append(element);
  };
  const warn = (sentence) => {
    const element = document.createElement("p");
    element.className = "message message--warning";
    element.setAttribute("role", "alert");
    element.textContent = sentence;
    box.after(element);
  };

  // --- Sending ---
  // Returns the answer, or null when nothing can be sent now.
  const ask = async (address, body, patience) => {
    try {
      const options = { by: "inspection", signal: AbortSignal.timeout(patience) };
      const { response, trouble } = await asking.post(address, body, options);
      if (trouble === "expired") return expire();
      if (trouble === "other") return stop("已换成别的账号登录，请用原来的账号登录后再打开本页。");
      if (trouble === "gone" || response.status === 404) {
        return stop("这份记录已不能填写，请刷新页面；需要的内容请先复制留存。");
      }
      const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
      if (isJson) return { status: response.status, ...(await response.json()) };
    } catch {
      return drop("网络恢复后自动上传。");
    }
    return drop("服务器暂时没有应答，稍后自动重试。");
  };
  const expire = () => {
    needsLogin = true;
    trouble = "登录已过期，登录后自动上传。";
    return null;
  };
  const stop = (sentence) => {
    isStopped = true;
    trouble = sentence;
    return null;
  };
  let failures = 0;
  let timer = null;
  const drop = (sentence) => {
    trouble = sentence;
    clearTimeout(timer);
    timer = setTimeout(sync, RETRIES[Math.min(failures, RETRIES.length - 1)] * 1000);
    failures += 1;
    return null;
  };
  const sendText = async () => {
    // What may have arrived is sent again just as it was: so the server knows it as its own.
    waiting ??= {
      key: uuid(),
      parts: Object.fromEntries(
        unsent().map((part) => [part, { base: loaded[part] ?? 0, value: valueOf(part) }]),
      ),
    };
    keep();
    const body = new FormData();
    body.set("key", waiting.key);
    body.set("parts", Object.keys(waiting.parts).join(" "));
    const bases = Object.entries(waiting.parts).map(([part, { base }]) => [part, base]);
    body.set("loaded", JSON.stringify(Object.fromEntries(bases)));
    for (const [part, { value }] of Object.entries(waiting.parts)) {
      for (const [name, text] of Object.entries(value)) {
        body.set(part === name ? name : `${name}-${part}`, text);
      }
    }
    const answer = await ask(location.pathname, body, PATIENCE);
    if (!answer) return false;
    if (answer.refused) return stop(answer.refused) !== null;
    take(answer);
    return true;
  };

  const take = (answer) => {
    const sent = waiting.parts;
    waiting = null;
    lastSaved = answer.saved;
    for (const part of PARTS) {
      const now = valueOf(part);
      const names = Object.keys(now).map((name) => (part === name ? name : `${name}-${part}`));
      const wrong = names.filter((name) => name in answer.errors);
      if (part in sent) for (const name of names) note(name, answer.errors[name]);
      if (part in sent && wrong.length) {
        refused.set(part, sent[part].value);
        continue;
      }
      if (!(part in sent) && !isSame(now, saved[part])) continue;
      refused.delete(part);
      saved[part] = answer.values[part];
      loaded[part] = answer.loaded[part] ?? 0;
      const isStill = !(part in sent) || isSame(now, sent[part].value);
      if (isStill && !isSame(now, saved[part])) write(part, saved[part]);
    }
    form.elements.loaded.value = JSON.stringify(loaded);
    for (const sentence of answer.replaced) warn(sentence);
  };

  const sendPhoto = async (photo) => {
    const body = new FormData();
    body.set("key", photo.key);
    body.set("code", photo.code);
    body.set("photo", photo.blob, photo.name);
    const answer = await ask(form.dataset.photos, body, PHOTO_PATIENCE);
    if (!answer) return false;
    if (answer.status === 409) return stop(answer.refused) !== null;
    if (answer.refused) {
      photo.reason = answer.refused;
      draw(photo);
      return true;
    }
    lastSaved = answer.saved;
    const holder = document.createElement("template");
    holder.innerHTML = answer.html;
    photo.tile?.replaceWith(holder.content);
    photos.delete(photo.key);
    await forgetPhoto(photo.key);
    return true;
  };

  const run = async () => {
    clearTimeout(timer);
    if (isStopped || isForgotten) return;
    trouble = "";
    needsLogin = false;
    let goesOn = true;
    while (goesOn && left()) {
      tell();
      if (waiting || unsent().length) goesOn = await sendText();
      else goesOn = await sendPhoto(openPhotos()[0]);
      keep();
    }
    if (goesOn) failures = 0;
    tell();
  };
  let busy = null;
  const sync = () => {
    busy ??= run().finally(() => { busy = null; });
    return busy;
  };

  // --- Photos: chosen, shown, taken away ---
  const draw = (photo) => {
    photo.tile ??= document.createElement("li");
    photo.tile.className = "shot shot--waiting";
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(photo.blob);
    picture.alt = `待上传的照片：${photo.name}`;
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    const state = document.createElement("small");
    state.textContent = photo.reason ?? "待上传";
    if (photo.reason) state.className = "overdue";
    const away = document.createElement("button");
    away.type = "button";
    away.className = "btn btn-link";
    away.textContent = "移除";
    away.setAttribute("aria-label", `移除${photo.name}`);
    away.addEventListener("click", async () => {
      photos.delete(photo.key);
      photo.tile.remove();
      await forgetPhoto(photo.key);
      keep();
      tell();
    });
    photo.tile.replaceChildren(picture, state, away);
    const list = form.querySelector(`[data-shots="${photo.code}"]`);
    if (photo.tile.parentElement !== list) list.append(photo.tile);
  };

  const choose = async (input) => {
    const { code } = input.dataset;
    const files = [...input.files];
    input.value = "";
    for (const file of files) {
      const photo = { key: uuid(), owner: OWNER, code, name: file.name || "照片.jpg", blob: file };
      if (file.size > LIMIT) photo.reason = `照片超过 ${Math.round(LIMIT / 1024 / 1024)} MB，请压缩后再选择。`;
      photos.set(photo.key, photo);
      draw(photo);
      if (photo.reason) continue;
      try {
        const { key, owner, name, blob } = photo;
        await inStore("readwrite", (store) => store.put({ key, owner, code, name, blob }));
      } catch {
        canKeep = false; // it still goes up from this page
      }
    }
    keep();
    if (!canKeep) tell();
    sync();
  };

  const removePhoto = async (button) => {
    const body = new FormData();
    body.set("remove", button.dataset.remove);
    const answer = await ask(location.pathname, body, PATIENCE);
    if (answer && !answer.refused) {
      button.closest(".shot").remove();
      lastSaved = answer.saved;
    } else {
      trouble = `没有移除照片：${answer?.refused ?? trouble}`;
    }
    tell();
  };

  // --- What sets it going ---
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    touched = true;
    for (const part of [...refused.keys()]) if (!isSame(refused.get(part), valueOf(part))) refused.delete(part);
    note(event.target.name, "");
    keep();
    tell();
    if (event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(sync, PAUSE);
  });
  form.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(sync, PAUSE);
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") choose(event.target);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    removePhoto(button);
  });
  retry.addEventListener("click", sync);
  window.addEventListener("online", () => { failures = 0; sync(); });
  window.addEventListener("focus", () => { if (needsLogin) sync(); });
  document.addEventListener("visibilitychange", () => { if (left()) sync(); });

  // The form goes its way when everything before it has arrived.
  let isReady = false;
  form.addEventListener("submit", async (event) => {
    if (isReady) return;
    event.preventDefault();
    event.stopPropagation();
    const { submitter } = event;
    touched = true;
    await busy;
    await sync();
    await new Promise((done) => { setTimeout(done); }); // while this event lasts, none may follow
    if (left() || isStopped) {
      box.scrollIntoView({ block: "nearest" });
      return;
    }
    if (submitter?.value !== "conclude") return;
    localStorage.removeItem(KEY); // the page sends the conclusion itself
    isReady = true;
    form.requestSubmit(submitter);
    isReady = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!canKeep && left()) event.preventDefault();
  });

  form.classList.add("is-live");
  restore();
  tell();
  inStore("readonly", (store) => store.index("owner").getAll(OWNER))
    .then((found) => {
      for (const photo of found) {
        photos.set(photo.key, photo);
        draw(photo);
      }
    })
    .catch(() => { canKeep = false; })
    .finally(() => {
      keep();
      if (left()) sync();
      else tell();
    });
})();
