// The two storages that a page has, used as a write-ahead log: one segment
// with all events of a tick.
const wrapped = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const open = () => {
  const request = indexedDB.open("bench", 1);
  request.onupgradeneeded = () => request.result.createObjectStore("segments");
  return wrapped(request);
};

/** Begins a transaction; committed at once where `commit` says so, else when nothing is left to do in it. */
function begin(db, write, { durability, commit }) {
  const transaction = db.transaction("segments", "readwrite", { durability });
  write(transaction.objectStore("segments"));
  if (commit) transaction.commit();
  return new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Each kind writes a segment under a key; the promise is settled once it is done. */
async function kinds() {
  const db = await open();
  const indexed = (options) => (key, text) => begin(db, (store) => store.put(text, key), options);
  return {
    localStorage: (key, text) => {
      localStorage.setItem(key, text);
    },
    "IndexedDB": indexed({ durability: "relaxed", commit: false }),
    "IndexedDB, commit()": indexed({ durability: "relaxed", commit: true }),
    "IndexedDB, commit(), strict": indexed({ durability: "strict", commit: true }),
  };
}

const tasks = () => new Promise((go) => setTimeout(go));

/** The µs until the call returns, and until the write is done. */
async function latency(kind, events, writes) {
  const write = (await kinds())[kind];
  const text = segment(events);
  const calls = [];
  const dones = [];
  for (let i = 0; i < writes; i += 1) {
    await tasks();
    const begun = performance.now();
    const done = write(`latency.${i % 20}`, text);
    const called = performance.now();
    await done;
    dones.push((performance.now() - begun) * 1000);
    calls.push((called - begun) * 1000);
  }
  return { calls, dones };
}

/** Writes twenty segments in one task, lets some time pass, and asks for the end of this process. */
async function writeAndDie(kind, after) {
  const write = (await kinds())[kind];
  const text = segment(1);
  await tasks();
  for (let i = 0; i < 20; i += 1) {
    // An answer that never comes is no error here.
    write(`crash.${i}`, text)?.catch(() => {});
  }
  const die = () => {
    const request = new XMLHttpRequest();
    // Nothing else of this page runs until it is gone.
    request.open("POST", "/die", false);
    request.send();
  };
  if (after === 0) die();
  else setTimeout(die, after);
  await new Promise(() => {});
}

/** How many of them are there. */
async function left(kind) {
  if (kind === "localStorage") return Object.keys(localStorage).filter((key) => key.startsWith("crash.")).length;
  const keys = await wrapped((await open()).transaction("segments").objectStore("segments").getAllKeys());
  return keys.filter((key) => key.startsWith("crash.")).length;
}

/** Removes them. */
async function forget() {
  localStorage.clear();
  await begin(await open(), (store) => store.clear(), { durability: "relaxed", commit: true });
}

/** The µs until the storage that holds about a megabyte can be used by a page that was just loaded. */
async function firstUse(kind) {
  const begun = performance.now();
  if (kind === "localStorage") localStorage.getItem("first");
  else await wrapped((await open()).transaction("segments").objectStore("segments").getAllKeys());
  return (performance.now() - begun) * 1000;
}

/** How many characters localStorage takes, and how many bytes IndexedDB is promised. */
async function limits() {
  await forget();
  let characters = 0;
  for (let size = 1 << 20; size >= 1; size >>= 1) {
    try {
      for (;;) {
        const key = `${characters}`;
        localStorage.setItem(key, "x".repeat(Math.max(size - key.length, 0)));
        characters += Math.max(size, key.length);
      }
    } catch {
      // Smaller pieces may fit.
    }
  }
  localStorage.clear();
  const { quota } = await navigator.storage.estimate();
  return { characters, quota };
}
