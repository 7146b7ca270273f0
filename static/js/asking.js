// How a script asks the server, and what an ended session and a login in another window mean to it.
//
// Each request is marked by X-Requested-With: without a login the server answers it 401
// (accounts/middleware.py) and not with the login page. `get` and `post` resolve to
// { response, trouble }, where trouble is "" or
//   "expired"  nobody is logged in any more
//   "other"    somebody else is logged in by now
//   "gone"     whoever is logged in cannot open this page any more
//   "refused"  the token is refused, and a new one changes nothing
//   "busy"     the server could not say just now
// and are rejected as fetch() is when there is no answer. Options are those of fetch(); `by` is
// what the script calls itself where the server answers it in its own way.
const FIELD = "csrfmiddlewaretoken";
const { login, user } = document.body.dataset;

export const token = () => document.querySelector(`[name=${FIELD}]`).value;
const ask = (address, { by = "script", headers, ...options }) =>
  fetch(address, { ...options, headers: { "X-Requested-With": by, ...headers } });
const judged = (response) =>
  ({ response, trouble: { 401: "expired", 403: "refused" }[response.status] ?? "" });

// Whether an answer says no more than that another may come later.
export const isBusy = (status) => status >= 500 || status === 429;

export const get = async (address, options = {}) => judged(await ask(address, options));

// A login in another window makes this page's token void: its forms get the new one. Resolves to
// the trouble, "" for none.
export const renew = async () => {
  const { response, trouble } = await get(location.pathname + location.search);
  if (trouble) return trouble;
  if (isBusy(response.status)) return "busy";
  if (!response.ok || response.redirected) return "gone";
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  if (page.body.dataset.user !== user) return "other";
  const fresh = page.querySelector(`[name=${FIELD}]`).value;
  for (const field of document.querySelectorAll(`[name=${FIELD}]`)) field.value = fresh;
  return "";
};

export const post = async (address, body, { headers, ...options } = {}) => {
  body.delete(FIELD);
  const send = () => ask(address, {
    ...options, method: "POST", body, headers: { "X-CSRFToken": token(), ...headers },
  });
  const response = await send();
  if (response.status !== 403) return judged(response);
  const trouble = await renew();
  return trouble ? { response, trouble } : judged(await send());
};

// The way to the login and back to this page. Where this page alone has what was typed, it stays:
// `inNewWindow`.
export const loginLink = ({ inNewWindow = false } = {}) => {
  const link = document.createElement("a");
  link.href = `${login}?next=${encodeURIComponent(location.pathname + location.search)}`;
  link.textContent = inNewWindow ? "重新登录（新窗口）" : "重新登录";
  if (inNewWindow) link.target = "_blank";
  return link;
};

// What a page says of an ended session that has no line of its own for it.
export const notice = (sentence, options) => {
  const told = document.createElement("p");
  told.className = "message message--warning";
  told.setAttribute("role", "alert");
  told.append(sentence, loginLink(options));
  return told;
};
