// Breaks a part of the page's environment before anything else is loaded, as the address requests:
// `?crypto.getRandomValues=throwing`.
{
  const root = document.documentElement;
  const holderOf = (path) => {
    const names = path.split(".");
    const key = names.pop();
    return [names.reduce((object, name) => object[name], window), key];
  };
  const throwing = () => {
    throw new Error("the page broke it");
  };
  /** The object that defines a property: the given one, or one from which it inherits. */
  const owner = (object, key) => {
    let holder = object;
    while (holder && !Object.hasOwn(holder, key)) holder = Object.getPrototypeOf(holder);
    return holder ?? object;
  };
  const redefine = (object, key, descriptor) => {
    const full = { configurable: true, ...descriptor };
    // Redefines it where it is defined, if that can be changed, and otherwise on the object itself.
    for (const holder of [owner(object, key), object]) {
      try {
        Object.defineProperty(holder, key, full);
        return;
      } catch {
        // Try the next one.
      }
    }
  };
  // What a lying function returns. It throws nothing, and does nothing.
  const LIES = {
    "JSON.stringify": "{}",
    "Object.keys": [],
    "RegExp.prototype.exec": null,
    "String.prototype.slice": "",
    "String.prototype.trim": "",
    "TextDecoder.prototype.decode": "",
    "TextEncoder.prototype.encode": new Uint8Array(0),
    "Uint8Array.prototype.set": undefined,
  };
  const ways = {
    lying: (object, key, path) => {
      if (path in LIES) redefine(object, key, { value: () => LIES[path], writable: true });
      else if (key === "then") redefine(object, key, { value: (resolve) => resolve(1), writable: true });
      else redefine(object, key, { get: () => 1, set() {} });
    },
    missing: (object, key) => {
      delete owner(object, key)[key];
      if (key in object) redefine(object, key, { value: undefined, writable: true });
    },
    throwing: (object, key) =>
      typeof object[key] === "function"
        ? redefine(object, key, { value: throwing, writable: true })
        : redefine(object, key, { get: throwing }),
    wrong: (object, key) => redefine(object, key, { value: "a text", writable: true }),
    frozen: (object, key) => {
      const value = object[key];
      for (const part of [value, value && Object.getPrototypeOf(value), value?.prototype]) {
        try {
          Object.freeze(part);
        } catch {
          // Some objects of browsers cannot be frozen.
        }
      }
    },
    element: (object, key) => {
      ways.missing(object, key);
      delete object[key];
      const form = document.createElement("form");
      form.id = form.name = key;
      const named = document.createElement("img");
      named.name = named.id = key;
      root.append(form, named);
    },
  };
  for (const [path, way] of new URLSearchParams(location.search)) ways[way](...holderOf(path), path);
}
