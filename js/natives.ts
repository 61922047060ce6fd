// The language features that the wasm's glue uses. They are captured when the library is loaded, because the glue
// comes later and runs while the wasm waits for it.

import { method } from "./capture.ts";
import { apply, attempt, getOwnPropertyDescriptor, getPrototypeOf, world } from "./intrinsics.ts";
import { encode } from "./web-storage.ts";

type Getter = (() => unknown) | undefined;

const getter = (of: object | undefined, name: string): Getter =>
  // A property that is no accessor would inherit a `get` that the page may have added to all objects.
  attempt(() => ({ __proto__: null, ...getOwnPropertyDescriptor(of!, name) }) as PropertyDescriptor)?.get;

export const Bytes = attempt(() => Uint8Array)!;
const setBytes = attempt(() => Bytes.prototype.set)!;
const length = getter(
  attempt(() => getPrototypeOf(Bytes.prototype)),
  "length",
)!;

/** Copies bytes to a place within others. */
export const copyBytes = (to: Uint8Array, from: Uint8Array, at: number): void => apply(setBytes, to, [from, at]);

/** The number of bytes. */
export const byteCount = (bytes: Uint8Array): number => apply(length, bytes, []) as number;

const encoder = attempt(() => new TextEncoder());
const decoder = attempt(() => new TextDecoder("utf-8", { __proto__: null, ignoreBOM: true } as TextDecoderOptions));
const decode = method<TextDecoder, "decode">("TextDecoder", "decode");

/** A text as UTF-8. */
export const encodeText = (text: string): Uint8Array => encode(encoder!, text);

/** Decodes UTF-8. */
export const decodeText = (bytes: Uint8Array): string => decode(decoder!, bytes);

const wasm = attempt(() => world.WebAssembly);
const Instance = attempt(() => wasm!.Instance);
const exports = getter(
  attempt(() => Instance!.prototype),
  "exports",
);
const buffer = getter(
  attempt(() => wasm!.Memory.prototype),
  "buffer",
);

/** Instantiates a compiled module, and returns its exports. */
export function exportsOf(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Exports {
  const instance = new Instance!(module, imports);
  // A page that instruments wasm may return something other than an instance.
  return attempt(() => apply(exports!, instance, []) as WebAssembly.Exports) ?? instance.exports;
}

/** The current buffer of a memory. It is replaced when the memory grows. */
export const bufferOf = (memory: WebAssembly.Memory): ArrayBuffer => apply(buffer!, memory, []) as ArrayBuffer;
