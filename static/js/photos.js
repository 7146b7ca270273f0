// The photos of site visits that only this phone has: IndexedDB, { key, owner, code, name, blob }.
// Each call is rejected where the browser keeps nothing.
import { openDB } from "../vendor/idb/index.js";

const opened = openDB("inspection", 1, {
  upgrade(database) {
    database.createObjectStore("photos", { keyPath: "key" }).createIndex("owner", "owner");
  },
});
opened.catch(() => {}); // told by each call

export const keepPhoto = async (photo) => (await opened).put("photos", photo);
export const forgetPhoto = async (key) => (await opened).delete("photos", key);
export const photosOf = async (owner) => (await opened).getAllFromIndex("photos", "owner", owner);
export const forgetPhotosOf = async (owner) => {
  const keys = await (await opened).getAllKeysFromIndex("photos", "owner", owner);
  await Promise.all(keys.map(forgetPhoto));
};
