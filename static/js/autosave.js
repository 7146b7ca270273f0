// Saving while somebody types: what the form (draft.js), the score sheet (scoring.js) and the record
// of a visit (inspection.js) have in common. One request at a time is sent, and sent again until it
// is answered; every answer is judged alike, and every trouble is told alike. What is sent, and what
// an answer changes on the page, is each page's own.
import { isBusy, loginLink, post } from "./asking.js";

const PAUSE = 800; // after the last key
const LONGEST = 1500; // while the typing does not pause
const SLOW = 400; // before it is said that something is being saved
const PATIENCE = 20_000; // with one request
const LAST_PATIENCE = 5000; // of whoever is leaving
const RETRIES = [2, 4, 8, 15, 30]; // seconds

// What the troubles are, and why nothing is saved; "gone" is worded by the page.
//   sent again by itself, just as it was:
//     "lost"     no answer came, or half of one
//     "busy"     the server cannot answer just now
//   sent again when somebody has done something about it:
//     "expired"  nobody is logged in any more
//     "large"    the server takes less than that
//   never sent again:
//     "other", "gone", "refused"  (asking.js), which is also what the server can make nothing of
const WHY = {
  lost: "网络不通",
  busy: "系统暂时没有应答",
  expired: "登录已过期",
  large: "填写的内容太多，请删减后再保存",
  other: "这个浏览器已换成别的账号登录",
  refused: "系统没有接受",
};
const PASSING = new Set(["lost", "busy"]);
const FINAL = new Set(["other", "gone", "refused"]);

// Returns the kind of an answer of `post`: a trouble, or "answer" for what is the page's to read.
function judge({ response: { status, headers }, trouble }) {
  if (trouble) return trouble;
  const isJson = headers.get("Content-Type")?.startsWith("application/json");
  if (isJson && [200, 409, 422].includes(status)) return "answer";
  if (status === 413) return "large";
  if (status === 404) return "gone";
  // Another page than was asked for comes from what stands between; 409 as a page means that two
  // wrote the same at once (wsgsite/errors.py). Neither comes twice.
  return status < 400 || status === 409 || isBusy(status) ? "busy" : "refused";
}

async function ask(by, { address, body, patience = PATIENCE }) {
  try {
    const asked = await post(address, body, { by, signal: AbortSignal.timeout(patience) });
    const kind = judge(asked);
    const content = kind === "answer" ? await asked.response.json() : null;
    return { kind, content, status: asked.response.status };
  } catch {
    return { kind: "lost" };
  }
}

// A trouble that one page alone knows, after which nothing is sent any more.
export const finalTrouble = (sentence, action = null) =>
  ({ kind: "own", isFinal: true, sentence, action });

export const reloadLink = (text = "刷新页面") => {
  const link = document.createElement("a");
  link.textContent = text;
  link.href = location.pathname;
  return link;
};

// Returns what says sentences in `line`, each with a link or button at its end where there is one.
// What stands there already is not said again.
export function speaker(line) {
  let last = null;
  return (sentence, { isWaiting = false, action = null } = {}) => {
    line.classList.toggle("save-state--waiting", isWaiting);
    if (sentence === last) return;
    last = sentence;
    line.replaceChildren(sentence, ...(action ? [" ", action] : []));
  };
}

// Saves `form`. The page gives
//   by          what it calls itself (X-Requested-With)
//   isUnsent()  whether something was typed that the server has not got yet
//   pack()      the request with what was typed: { address, body, read }. `read(content, status)`
//               takes what was answered into the page, and returns its own trouble, or nothing.
//   queued()    another request that waits behind what is typed, or null; it may have
//               `patience` (milliseconds), and `refuse(kind)` for a trouble that it keeps to itself
//   keep()      puts down what would be lost with the page; `canKeep()` tells whether it could
//   tell(isSending)  says how things stand, by the `trouble` of what is returned here
//   words       later, afterLogin, byOther, stays: what becomes of the words after each trouble;
//               gone: why they cannot be saved any more
export function autosave(form, page) {
  const { by, isUnsent, pack, tell, words, queued = () => null, canKeep = () => false } = page;
  let trouble = null; // { kind, sentence, action, isPassing, isFinal }, null while all is well
  let waiting = null; // what was typed and sent, and not answered yet: sent again just as it was
  let busy = null; // the sending under way
  let timer = null;
  let since = 0; // when the first unsent change was made
  let failures = 0;
  let isComposing = false;
  let isLeaving = false;
  let isForgotten = false; // logged out (site.js): nothing is kept or sent any more

  const leave = () => { isLeaving = true; };
  const keep = () => { if (!isForgotten) page.keep?.(); };
  const hasUnsaved = () => !isForgotten && !trouble?.isFinal && Boolean(waiting || isUnsent());
  const isPending = () => hasUnsaved() || (!isForgotten && !trouble?.isFinal && Boolean(queued()));
  const next = () => {
    if (hasUnsaved()) waiting ??= pack();
    return waiting ?? queued();
  };

  const sentenceOf = (kind) => {
    const why = kind === "gone" ? words.gone : WHY[kind];
    if (PASSING.has(kind)) return `${why}，未保存。${words.later}`;
    if (kind === "expired") return `${why}，未保存。${words.afterLogin}`;
    if (kind === "large") return `没有保存：${why}。`;
    return `没有保存：${why}。${kind === "other" ? words.byOther : words.stays}`;
  };
  const actionOf = (kind) => {
    if (kind !== "refused" && kind !== "expired") return null;
    const link = kind === "refused" ? reloadLink() : loginLink({ inNewWindow: !canKeep() });
    if (canKeep()) link.addEventListener("click", leave);
    return link;
  };
  const meet = (kind) => {
    const [isPassing, isFinal] = [PASSING.has(kind), FINAL.has(kind)];
    trouble = { kind, sentence: sentenceOf(kind), action: actionOf(kind), isPassing, isFinal };
    if (!isPassing) return;
    clearTimeout(timer);
    timer = setTimeout(run, RETRIES[Math.min(failures, RETRIES.length - 1)] * 1000);
    failures += 1;
  };

  const send = async (request) => {
    const slow = setTimeout(() => { if (!trouble) tell(true); }, SLOW);
    const { kind, content, status } = await ask(by, request);
    clearTimeout(slow);
    // What may have arrived is sent again just as it was: so the server knows it as its own.
    if (request === waiting && !PASSING.has(kind) && kind !== "expired") waiting = null;
    if (kind === "answer") {
      failures = 0;
      trouble = (await request.read(content, status)) ?? null;
    } else if (request.refuse?.(kind)) {
      trouble = null;
    } else {
      meet(kind);
    }
  };

  const work = async () => {
    let request = isPending() ? next() : null;
    if (!request && trouble && !trouble.isFinal) {
      trouble = null; // what could not be sent is not there any more
      tell(false);
    }
    while (request) {
      keep();
      await send(request);
      keep();
      tell(false);
      request = !trouble && !isForgotten && queued() ? next() : null;
    }
    if (!trouble && hasUnsaved()) schedule();
  };
  const run = () => {
    clearTimeout(timer);
    timer = null;
    since = 0;
    busy ??= work().finally(() => { busy = null; });
    return busy;
  };
  const schedule = (delay = PAUSE) => {
    if (trouble?.isFinal || isComposing) return;
    since ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(async () => {
      await busy;
      if (isPending()) run();
      else since = 0;
    }, Math.max(0, Math.min(delay, since + LONGEST - Date.now())));
  };

  // Sends until the server has everything, or something is in the way.
  const flush = async () => {
    await busy;
    while (isPending()) {
      await run();
      if (trouble) return;
    }
  };
  // What an event does waits for that, but not for ever.
  const saveFirst = async (event, then) => {
    event.preventDefault();
    event.stopPropagation();
    await Promise.race([flush(), new Promise((done) => { setTimeout(done, LAST_PATIENCE); })]);
    then();
  };

  form.addEventListener("compositionstart", () => { isComposing = true; });
  form.addEventListener("compositionend", () => {
    isComposing = false;
    keep();
    schedule();
  });
  document.addEventListener("forget", () => { isForgotten = true; });
  document.addEventListener("visibilitychange", () => { if (isPending()) run(); });
  window.addEventListener("focus", () => { if (trouble?.kind === "expired") run(); });
  window.addEventListener("online", () => {
    if (!trouble?.isPassing) return;
    failures = 0;
    run();
  });

  // A link goes its way when everything is saved; whatever else leaves sends the last keys along.
  document.addEventListener("click", (event) => {
    const target = event.target.closest("a[href]");
    const isPlain = !(event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!target || !isPlain || target.target || target.pathname === location.pathname) return;
    if (trouble || !hasUnsaved()) return;
    saveFirst(event, () => { location.href = target.href; });
  }, { capture: true });
  window.addEventListener("pagehide", () => {
    if (isLeaving || trouble || waiting || !hasUnsaved()) return;
    waiting = pack();
    keep();
    post(waiting.address, waiting.body, { by, keepalive: true }).catch(() => {});
  });
  window.addEventListener("pageshow", () => { isLeaving = false; });

  return {
    get trouble() { return trouble; },
    get waiting() { return waiting; },
    set waiting(request) { waiting = request; },
    get hasUnsaved() { return hasUnsaved(); },
    get isLeaving() { return isLeaving; },
    keep, schedule, run, flush, saveFirst, leave,
    // Sends one request beside the others. Resolves to its content, null where a trouble came.
    ask: async (request) => {
      const { kind, content } = await ask(by, request);
      if (kind !== "answer") meet(kind);
      tell(false);
      return content ?? null;
    },
  };
}
