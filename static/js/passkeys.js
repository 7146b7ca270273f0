// Passkeys (WebAuthn): a form with data-passkey asks the browser for a credential and sends it.
//   create  makes a new one: the options stand on the page
//   get     uses one of the account's: the options stand on the page
//   login   uses any that the device holds for this site: the options are fetched
// Without JavaScript, or where the browser has no passkeys, the button stays disabled.
import { get as fetchPage } from "./asking.js";

const canUse = window.PublicKeyCredential && window.isSecureContext;

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const known = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

async function create({ publicKey }) {
  const made = await navigator.credentials.create({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: known(publicKey.excludeCredentials),
      // A device that can keeps it, so that it opens the account without a password.
      authenticatorSelection: {
        ...publicKey.authenticatorSelection,
        residentKey: "preferred",
        requireResidentKey: false,
      },
    },
  });
  return packed(made, {
    clientDataJSON: text(made.response.clientDataJSON),
    attestationObject: text(made.response.attestationObject),
    transports: made.response.getTransports ? made.response.getTransports() : [],
  });
}

async function get({ publicKey }) {
  const used = await navigator.credentials.get({
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: known(publicKey.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = used.response;
  return packed(used, {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle?.byteLength ? text(userHandle) : null,
  });
}

function packed(credential, response) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment || null,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}

async function options(form) {
  if (form.dataset.passkey !== "login") {
    return JSON.parse(form.querySelector("#passkey-options").textContent);
  }
  const { response } = await fetchPage(form.action, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(response.statusText);
  return (await response.json()).request_options;
}

for (const form of canUse ? document.querySelectorAll("form[data-passkey]") : []) {
  const button = form.querySelector("button");
  const scope = form.closest(".panel");
  const note = scope.querySelector("[data-passkey-note]");
  button.disabled = false;
  if (note && form.dataset.passkey !== "login") note.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      const found = await options(form);
      const credential = await (form.dataset.passkey === "create" ? create(found) : get(found));
      const input = form.querySelector("[data-credential], [name=credential]");
      input.value = JSON.stringify(credential);
      form.submit();
    } catch (error) {
      button.disabled = false;
      note.hidden = false;
      note.setAttribute("role", "alert");
      note.textContent =
        error.name === "InvalidStateError"
          ? "这个通行密钥已经添加过。"
          : "没有完成：已取消、超时，或这台设备没有可用的通行密钥。";
    }
  });
}
