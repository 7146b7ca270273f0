// One file on its way to the server: what is checked before it is sent, the sending with its
// progress, and what an answer means. uploads.js sends many into a category, proofs.js one to a row.
// What is checked here is checked by the server too (applications/files/evidence.py), in the same words.
// Of a file that is not taken its two ends are sent alone: the server knows by them what it is.
// The page shows `_upload_usage.html`, which says what is taken and how much room there is.
import { renew, token } from "./asking.js";

const LOST = "网络中断，文件没有上传成功。";
const GONE = "这份申报或材料已不存在，或不能再修改，请刷新页面。";
const BUSY = "服务器暂时不能接收，请稍后重试。";
const EXPIRED = { reason: "登录已过期，登录后请重试。", needsLogin: true };
const usage = document.querySelector(".upload-usage");
const limits = usage?.dataset;
const taken = new RegExp(`^(?:${limits?.takenBegins})`, "s");

// Says how much room is used by now, as the server answered.
export function showUsage(answer) {
  usage.textContent = answer.usage;
  limits.used = answer.used;
  limits.usedFiles = answer.used_files;
}

function endsOf(file) {
  const reach = Number(limits.reach);
  return new File([file.slice(0, reach), file.slice(Math.max(reach, file.size - reach))], file.name);
}

// Returns { reason } for what the server would refuse, or { body }: what is to be sent of the file.
async function prepare(file, { frees, besides }) {
  let head;
  try {
    head = String.fromCharCode(...new Uint8Array(await file.slice(0, 1024).arrayBuffer()));
  } catch {
    return { reason: "无法读取这个文件（也不能上传文件夹），请重新选择。" };
  }
  if (!file.size) return { reason: limits.empty };
  if (!taken.test(head)) return { body: endsOf(file) };
  if (file.size > Number(limits.fileLimit)) {
    return { reason: limits.tooLarge.replace("{size}", (file.size / 1024 / 1024).toFixed(1)) };
  }
  if (frees === undefined && Number(limits.usedFiles) >= Number(limits.mostFiles)) {
    return { reason: limits.tooMany.replace("{now}", limits.usedFiles) };
  }
  const room = Number(limits.totalLimit) - Number(limits.used) + Number(frees || 0);
  return file.size + besides > room ? { reason: limits.full } : { body: file };
}

// Sends `file` to `address`. Resolves to { answer }, or to { reason, needsLogin }.
//   frees     the bytes of the file that this one replaces; none for a further file
//   besides   the bytes of what is being sent at the same time
//   started(request)  the request that can be aborted
//   progress(text, part)  how far it is, in words and from 0 to 1
export async function sendFile(file, { address, frees, besides = 0, started, progress }) {
  const { reason, body } = await prepare(file, { frees, besides });
  if (reason) return { reason };
  const send = () => post(address, body, { started, progress });
  const request = await send();
  if (request.status !== 403) return outcomeOf(request);
  // A login in another window gives this page's forms another token.
  const trouble = await renew().catch(() => "lost");
  if (!trouble) return outcomeOf(await send());
  const REASONS = { lost: { reason: LOST }, busy: { reason: BUSY }, expired: EXPIRED };
  return REASONS[trouble] ?? { reason: GONE };
}

function post(address, file, { started, progress }) {
  const request = new XMLHttpRequest();
  request.path = new URL(address, location).pathname;
  const body = new FormData();
  body.set("files", file);
  return new Promise((resolve) => {
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      progress(loaded < total ? `${Math.floor((loaded / total) * 100)}%` : "正在检查", loaded / total);
    });
    request.addEventListener("loadend", () => resolve(request));
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Requested-With", "script"); // as asking.js marks all others
    request.setRequestHeader("X-CSRFToken", token());
    started(request);
    request.send(body);
  });
}

function outcomeOf(request) {
  const isHere = new URL(request.responseURL || location).pathname === request.path;
  if (request.status === 200 && isHere) return { answer: JSON.parse(request.responseText) };
  if (request.status === 0) return { reason: LOST };
  if (request.status === 401) return EXPIRED;
  // Another page came instead: this one is closed.
  if ([200, 403, 404].includes(request.status)) return { reason: GONE };
  return { reason: BUSY };
}
