// Pictures to search by stay in this browser (IndexedDB), so that reload and Back find them again.

const KEPT = 20;
const memory = new Map();

function database() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("vitrine", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("pictures");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
  });
}

async function run(mode, work) {
  const base = await database();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = base.transaction("pictures", mode);
      const request = work(transaction.objectStore("pictures"));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** Keeps a picture under a name that sorts by time. */
export async function keep(blob) {
  const id = `${Date.now().toString(36)}${Math.floor(Math.random() * 1e6).toString(36)}`;
  memory.set(id, blob);
  try {
    await run("readwrite", (store) => store.put(blob, id));
    const names = await run("readonly", (store) => store.getAllKeys());
    const old = names.sort().slice(0, Math.max(0, names.length - KEPT));
    for (const name of old) await run("readwrite", (store) => store.delete(name));
  } catch {
    // Private windows may refuse storage: the picture then lasts as long as the page.
  }
  return id;
}

/** The picture, or null where it is no longer kept. */
export async function find(id) {
  if (memory.has(id)) return memory.get(id);
  try {
    return (await run("readonly", (store) => store.get(id))) ?? null;
  } catch {
    return null;
  }
}
