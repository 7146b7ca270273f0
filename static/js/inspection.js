// The record of a site visit on a phone: <form data-inspection="user:application">.
// Everything typed stays in localStorage and every photo in IndexedDB until the server has said
// that it has them (review/inspection/views.py): a lost network, an expired session or a closed tab
// loses nothing. What is sent carries a key made here, so that sending it again stores nothing twice.
// Without this file the form is posted as it is.
import { autosave, finalTrouble, speaker } from "./autosave.js";
import { forgetPhoto, keepPhoto, photosOf } from "./photos.js";

const form = document.querySelector("form[data-inspection]");
if (form) {
  const OWNER = form.dataset.inspection;
  const KEY = `inspection:${OWNER}`;
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
  const valueIn = (part) =>
    Object.fromEntries(Object.keys(saved[part]).map((name) => [name, control(part, name).value]));
  const write = (part, value) => {
    for (const [name, text] of Object.entries(value)) control(part, name).value = text;
  };
  const isSame = (one, other) =>
    Object.keys(one).every((name) => one[name].trim() === (other[name] ?? "").trim());

  let touched = false; // names and day are filled in before anybody has written anything
  const refused = new Map(); // what the server would not take, by part
  const photos = new Map(); // not uploaded yet, by key
  const dirty = () => (touched ? PARTS.filter((part) => !isSame(valueIn(part), saved[part])) : []);
  const unsent = () => dirty().filter((part) => !isSame(refused.get(part) ?? { "": "x" }, valueIn(part)));
  const openPhotos = () => [...photos.values()].filter((photo) => !photo.reason);
  const texts = () => new Set([...unsent(), ...Object.keys(saver.waiting?.parts ?? {})]).size;
  const left = () => texts() + openPhotos().length;

  // --- What this phone keeps ---
  let canKeep = true;
  const keep = () => {
    const parts = Object.fromEntries(
      dirty().map((part) => [part, { base: loaded[part] ?? 0, value: valueIn(part) }]),
    );
    const passed = form.elements.passed.value;
    const isPassedNew = touched && passed !== servedPassed;
    try {
      if (left() || Object.keys(parts).length || photos.size || isPassedNew) {
        const waiting = saver.waiting && { key: saver.waiting.key, parts: saver.waiting.parts };
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
      saver.waiting = textRequest(all.waiting);
      touched = true;
    }
    if (all.passed) {
      form.elements.passed.value = all.passed;
      touched = true;
    }
  };

  // --- What is told ---
  let lastSaved = "";
  const say = speaker(line);
  const tell = () => {
    const { trouble } = saver;
    const [words, pictures] = [texts(), openPhotos().length];
    const parts = [words && `文字 ${words} 处`, pictures && `照片 ${pictures} 张`].filter(Boolean);
    const pending = `待上传 ${left()} 项（${parts.join("，")}）`;
    let sentence = lastSaved ? `已保存到服务器 ${lastSaved}` : "填写的内容会自动保存到服务器。";
    if (left() && trouble) sentence = `仅在本机，${pending}。${trouble.sentence}`;
    else if (left()) sentence = `正在上传，${pending}`;
    else if (trouble) ({ sentence } = trouble);
    const amiss = refused.size + [...photos.values()].filter((photo) => photo.reason).length;
    if (amiss && !trouble) sentence += `　有 ${amiss} 处需要改正，见各项提示。`;
    if (!canKeep) sentence += "　本机无法留存内容，请不要关闭本页。";
    say(sentence, { action: trouble?.action });
    retry.hidden = !(left() && trouble?.isPassing);
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
  // Sent again under its own key, it is stored once.
  const textRequest = ({ key, parts }) => {
    const body = new FormData();
    body.set("key", key);
    body.set("parts", Object.keys(parts).join(" "));
    const bases = Object.entries(parts).map(([part, { base }]) => [part, base]);
    body.set("loaded", JSON.stringify(Object.fromEntries(bases)));
    for (const [part, { value }] of Object.entries(parts)) {
      for (const [name, text] of Object.entries(value)) {
        body.set(part === name ? name : `${name}-${part}`, text);
      }
    }
    const read = (answer) => (answer.refused ? finalTrouble(answer.refused) : take(answer, parts));
    return { address: location.pathname, body, key, parts, read };
  };
  const packTexts = () => {
    const parts = unsent().map((part) => [part, { base: loaded[part] ?? 0, value: valueIn(part) }]);
    return textRequest({ key: uuid(), parts: Object.fromEntries(parts) });
  };

  const take = (answer, sent) => {
    lastSaved = answer.saved;
    for (const part of PARTS) {
      const now = valueIn(part);
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

  const REFUSED_PHOTO = {
    large: "照片太大，服务器没有接收，请压缩后再选择。",
    refused: "服务器没有接收这张照片，请移除后重新选择。",
  };
  const packPhoto = () => {
    const [photo] = openPhotos();
    if (!photo) return null;
    const body = new FormData();
    body.set("key", photo.key);
    body.set("code", photo.code);
    body.set("photo", photo.blob, photo.name);
    const refuse = (sentence) => {
      if (!sentence) return false;
      photo.reason = sentence;
      draw(photo);
      return true;
    };
    const read = async (answer, status) => {
      if (status === 409) return finalTrouble(answer.refused);
      if (refuse(answer.refused)) return null;
      lastSaved = answer.saved;
      const holder = document.createElement("template");
      holder.innerHTML = answer.html;
      photo.tile?.replaceWith(holder.content);
      photos.delete(photo.key);
      await forgetPhoto(photo.key).catch(() => {});
      return null;
    };
    return {
      address: form.dataset.photos,
      body,
      patience: PHOTO_PATIENCE,
      read,
      refuse: (kind) => refuse(REFUSED_PHOTO[kind]),
    };
  };

  const saver = autosave(form, {
    by: "inspection",
    isUnsent: () => unsent().length > 0,
    pack: packTexts,
    queued: packPhoto,
    keep,
    canKeep: () => canKeep,
    tell: () => tell(),
    words: {
      later: "恢复后自动上传。",
      afterLogin: "登录后自动上传。",
      byOther: "请用原来的账号登录后再打开本页。",
      stays: "需要的内容请先复制留存。",
      gone: "这份记录已不能填写，请刷新页面",
    },
  });

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
      await forgetPhoto(photo.key).catch(() => {});
      saver.keep();
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
        await keepPhoto({ key, owner, code, name, blob });
      } catch {
        canKeep = false; // it still goes up from this page
      }
    }
    saver.keep();
    if (!canKeep) tell();
    saver.run();
  };

  const removePhoto = async (button) => {
    const body = new FormData();
    body.set("remove", button.dataset.remove);
    const answer = await saver.ask({ address: location.pathname, body });
    if (answer && !answer.refused) {
      button.closest(".shot").remove();
      lastSaved = answer.saved;
      tell();
    } else {
      warn(`没有移除照片：${answer?.refused ?? saver.trouble.sentence}`);
    }
  };

  // --- What sets it going ---
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    touched = true;
    for (const part of [...refused.keys()]) if (!isSame(refused.get(part), valueIn(part))) refused.delete(part);
    note(event.target.name, "");
    saver.keep();
    tell();
    if (!event.isComposing) saver.schedule();
  });
  form.addEventListener("change", (event) => {
    if (event.target.type === "file") choose(event.target);
    else saver.schedule(0);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    event.preventDefault();
    removePhoto(button);
  });
  retry.addEventListener("click", saver.run);

  // The form goes its way when everything before it has arrived.
  let isReady = false;
  form.addEventListener("submit", async (event) => {
    if (isReady) return;
    event.preventDefault();
    event.stopPropagation();
    const { submitter } = event;
    touched = true;
    await saver.flush();
    await new Promise((done) => { setTimeout(done); }); // while this event lasts, none may follow
    if (left() || saver.trouble) {
      box.scrollIntoView({ block: "nearest" });
      return;
    }
    if (submitter?.value !== "conclude") return;
    localStorage.removeItem(KEY); // the page sends the conclusion itself
    isReady = true;
    saver.leave();
    form.requestSubmit(submitter);
    isReady = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!canKeep && left()) event.preventDefault();
  });

  form.classList.add("is-live");
  restore();
  tell();
  photosOf(OWNER)
    .then((kept) => {
      for (const photo of kept) {
        photos.set(photo.key, photo);
        draw(photo);
      }
    })
    .catch(() => { canKeep = false; })
    .finally(() => {
      saver.keep();
      if (left()) saver.run();
      else tell();
    });
}
