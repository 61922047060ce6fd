// Replacements for the globals in the glue of the core as JavaScript, as `page/glue.ts` has them for the wasm. When
// this memory grows, its old bytes stay readable, but new ones are used.

import { apply, attempt } from "../intrinsics.ts";
import { Bytes, copyBytes, decodeText } from "../natives.ts";

export { Array, FinalizationRegistry, Object, Symbol, TextDecoder, TextEncoder } from "../page/glue.ts";

const View = attempt(() => DataView)!;
const { getFloat64, getInt32, setInt32 } = attempt(() => View.prototype) ?? ({} as DataView);

/** The memory of the core. Growing replaces its buffer. */
interface Memory {
  readonly buffer: ArrayBuffer;
}

/** The bytes of the memory, until it grows. */
class Buffer {
  readonly #memory: Memory;
  readonly raw: ArrayBuffer;
  readonly bytes: Uint8Array;

  constructor(memory: Memory) {
    this.#memory = memory;
    this.raw = memory.buffer;
    this.bytes = new Bytes(this.raw);
  }

  get detached(): boolean {
    return this.#memory.buffer !== this.raw;
  }
}

/** A range of the memory. */
class Slice {
  readonly #buffer: Buffer;
  readonly #begin: number;
  readonly length: number;

  constructor(buffer: Buffer, begin: number, end: number) {
    this.#buffer = buffer;
    this.#begin = begin;
    this.length = end - begin;
  }

  set(encoded: { bytes: Uint8Array }): void {
    copyBytes(this.#buffer.bytes, encoded.bytes, this.#begin);
  }

  get text(): string {
    return decodeText(new Bytes(this.#buffer.raw, this.#begin, this.length));
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
  readonly #view: DataView;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
    this.#view = new View(buffer.raw);
  }

  setInt32(at: number, value: number): void {
    apply(setInt32, this.#view, [at, value, true]);
  }

  getInt32(at: number): number {
    return apply(getInt32, this.#view, [at, true]);
  }

  getFloat64(at: number): number {
    return apply(getFloat64, this.#view, [at, true]);
  }
}

type Core = (imports: WebAssembly.Imports) => object & { memory: Memory };

class Instance {
  readonly exports: object;

  constructor(core: Core, imports: WebAssembly.Imports) {
    const exports = core(imports);
    const { memory } = exports;
    this.exports = {
      __proto__: exports,
      memory: {
        get buffer(): Buffer {
          return new Buffer(memory);
        },
      },
    };
  }
}

/** The glue wraps anything that is not one of these into a module. It is always passed a module. */
class Module {
  constructor(core: Core) {
    // biome-ignore lint/correctness/noConstructorReturn: it is one already.
    return core;
  }
}

const Wasm = { Instance, Module };

export { MemoryBytes as Uint8Array, MemoryView as DataView, Wasm as WebAssembly };
