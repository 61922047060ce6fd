// Replacements for the globals that wasm-bindgen's generated glue uses. The build puts these in their place. Almost
// all of the glue runs while the wasm waits for it, so nothing here may run the page's code. Own fields are defined,
// never assigned, because a page may have put setters on `Object.prototype`.

import { Bytes, bufferOf, byteCount, copyBytes, decodeText, encodeText, exportsOf } from "../natives.ts";

/** The bytes of the wasm's memory, until it grows. */
class Buffer {
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array;

  constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    this.bytes = new Bytes(buffer);
  }

  get detached(): boolean {
    // After the memory has grown, the old array is empty.
    return this.bytes[0] === undefined;
  }
}

/** A text as UTF-8. */
class Encoded {
  readonly bytes: Uint8Array;
  readonly length: number;

  constructor(text: string) {
    this.bytes = encodeText(text);
    this.length = byteCount(this.bytes);
  }
}

/** A range of the memory. */
class Slice {
  readonly #memory: Buffer;
  readonly #begin: number;
  readonly length: number;

  constructor(memory: Buffer, begin: number, end: number) {
    this.#memory = memory;
    this.#begin = begin;
    this.length = end - begin;
  }

  set(encoded: Encoded): void {
    copyBytes(this.#memory.bytes, encoded.bytes, this.#begin);
  }

  get text(): string {
    return decodeText(new Bytes(this.#memory.buffer, this.#begin, this.length));
  }
}

class MemoryBytes {
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get byteLength(): number {
    return this.#buffer.detached ? 0 : 1;
  }

  subarray(begin: number, end: number): Slice {
    return new Slice(this.#buffer, begin, end);
  }
}

class MemoryView {
  readonly buffer: Buffer;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  setInt32(at: number, value: number): void {
    const { bytes } = this.buffer;
    for (let byte = 0; byte < 4; byte += 1) bytes[at + byte] = value >> (8 * byte);
  }
}

class Encoder {
  encode(text: string): Encoded {
    return new Encoded(text);
  }
}

class Decoder {
  decode(slice?: Slice): string {
    return slice ? slice.text : "";
  }
}

/** Creates objects without a prototype. */
class PlainObject {
  constructor() {
    // biome-ignore lint/correctness/noConstructorReturn: this is what `new Object()` of the glue is to give.
    return { __proto__: null };
  }

  /** The glue uses this to check whether it was passed options. It was. */
  static getPrototypeOf(): object {
    return PlainObject.prototype;
  }
}

/** A list of the page's values, without any method that a page may have replaced. */
class Slots {
  [at: number]: unknown;
  length = 0;

  constructor(length: number) {
    this.length = length;
  }

  fill(value: unknown): this {
    for (let at = 0; at < this.length; at += 1) this[at] = value;
    return this;
  }

  push(...values: unknown[]): void {
    for (let at = 0; at < values.length; at += 1) this[this.length + at] = values[at];
    this.length += values.length;
  }
}

class Instance {
  readonly exports: object;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const exports = exportsOf(module, imports) as { memory: WebAssembly.Memory };
    const { memory } = exports;
    this.exports = {
      __proto__: exports,
      memory: {
        get buffer(): Buffer {
          return new Buffer(bufferOf(memory));
        },
      },
    };
  }
}

/** The glue wraps anything that is not one of these into a module. It is always passed a module. */
class Module {
  constructor(module: object) {
    // biome-ignore lint/correctness/noConstructorReturn: it is one already.
    return module;
  }
}

const Wasm = { Instance, Module };

// Trackers live as long as their page, and the replay of calls frees its engine itself.
const Registry = undefined;

// There is also no symbol by which an object could be disposed of.
const NoSymbols = { __proto__: null };

export {
  Decoder as TextDecoder,
  Encoder as TextEncoder,
  MemoryBytes as Uint8Array,
  MemoryView as DataView,
  NoSymbols as Symbol,
  PlainObject as Object,
  Registry as FinalizationRegistry,
  Slots as Array,
  Wasm as WebAssembly,
};
