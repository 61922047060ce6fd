// Checks that the functions without which a tracker cannot work give right answers. A page may have replaced one by a
// function that neither throws nor works.

import { attempt, find, keys, slice, stringify, trim } from "./intrinsics.ts";
import { Bytes, copyBytes, decodeText, encodeText } from "./natives.ts";

type Check = readonly [name: string, works: () => boolean];

const CHECKS: readonly Check[] = [
  [
    "TextEncoder, TextDecoder or Uint8Array",
    () => {
      const bytes = new Bytes(2);
      copyBytes(bytes, encodeText("é"), 0);
      return decodeText(bytes) === "é";
    },
  ],
  [
    "Array.prototype[0]",
    () => {
      const list: number[] = [];
      list[0] = 1;
      return list[0] === 1 && list.length === 1;
    },
  ],
  ["JSON.stringify", () => stringify("a") === '"a"'],
  ["Object.keys", () => keys({ a: 1 })[0] === "a"],
  // Every promise asks for it what it resolves to.
  ["Object.prototype.then", () => typeof ({} as { then?: unknown }).then !== "function"],
  ["RegExp.prototype.exec", () => find(/b/, "abc") === "b"],
  ["String.prototype.slice", () => slice("abc", 1, 2) === "b"],
  ["String.prototype.trim", () => trim(" b ") === "b"],
];

/** The first part of the language that does not work; `undefined` if all do. */
export function brokenPart(): string | undefined {
  for (let at = 0; at < CHECKS.length; at += 1) {
    if (!attempt(CHECKS[at]![1])) return `${CHECKS[at]![0]} is missing or broken`;
  }
  return undefined;
}

/** Throws if a part of the language does not work. Without it no core can be used. */
export function requireLanguage(): void {
  const broken = brokenPart();
  if (broken) throw new Error(broken);
}
