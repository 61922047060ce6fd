// The engine, as JS speaks to it: `src/tracker.rs` is the other side. Numbers
// are passed as such, text through a buffer in the memory of the wasm. What may
// be told the engine and what it may ask for are numbers too: those of
// `crates/engine/src/input.rs` and `effect.rs`, which say what text and numbers
// go with each; a test compares them.

/** What happened. */
export const enum Op {
  Start = 0,
  SetAccount = 1,
  SetUser = 2,
  IdentifyAccount = 3,
  IdentifyUser = 4,
  SetProduct = 5,
  SetModule = 6,
  Feature = 7,
  ModuleEvent = 8,
  PageView = 9,
  Flush = 10,
  OptIn = 11,
  OptOut = 12,
  Reset = 13,
  Shutdown = 14,
  Activity = 15,
  Cookies = 16,
  Shown = 17,
  Hidden = 18,
  Navigated = 19,
  OtherTab = 20,
  Online = 21,
  Timer = 22,
  Response = 23,
  Filtered = 24,
  FilteredOut = 25,
  Store = 26,
  Adopted = 27,
  Restored = 28,
  NotStored = 29,
}

/** What to do. */
export const enum Do {
  Send = 0,
  Filter = 1,
  Lost = 2,
  UserInTwoAccounts = 3,
  Debug = 4,
  ReadCookies = 5,
  SetSession = 6,
  SetVisitor = 7,
  EraseCookies = 8,
  Announce = 9,
  Flushed = 10,
  Detach = 11,
  Wake = 12,
  Own = 13,
  StoreSoon = 14,
  Store = 15,
  Unstore = 16,
  Adopt = 17,
  Forget = 18,
}

/** Tells the engine what happened just now. */
export type Tell = (op: Op, text?: string, a?: number, b?: number, c?: number, d?: number) => void;

/** Does what the engine asks for. It may tell the engine something; it never throws. */
export type Perform = (op: Do, text: string, a: number, b: number, c: number, d: number) => void;

/** What the wasm offers. */
interface Exports extends Record<string, WebAssembly.ExportValue> {
  memory: WebAssembly.Memory;
  room(bytes: number): number;
  make(bytes: number, wall: number, mono: number, flags: number, ...settingsAndSeed: number[]): number;
  handle(tracker: number, bytes: number, op: Op, wall: number, mono: number, a: number, b: number, c: number, d: number): void;
  next(tracker: number): number;
  read(tracker: number, which: number): number;
  count(tracker: number): number;
}

/** Makes an engine at `wall` and `mono`. `src/settings.rs` says what the flags and the text mean. */
export type Engine = (perform: Perform, wall: number, mono: number, flags: number, numbers: readonly number[], text: string, seed: readonly number[]) => Core;

/** The engine of one tracker. */
export interface Core {
  /** Tells it what happened at `wall` and `mono`. */
  handle(op: Op, wall: number, mono: number, text: string, a?: number, b?: number, c?: number, d?: number): void;
  /** Does what follows from that. What is told meanwhile is taken in at once, and what follows is done in order. */
  act(): void;
  /** That goes on. */
  acting: boolean;
  /** No more of it: its state cannot be trusted. */
  off: boolean;
  /** A current value: `src/tracker.rs` has the list. */
  read(which: number): string;
  /** All counters. */
  count(): Float64Array;
}

/** Starts compiled wasm. */
export function start(compiled: WebAssembly.Module): Engine {
  const wasm = new WebAssembly.Instance(compiled).exports as Exports;
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  // Made anew when the memory has grown.
  let bytes = new Uint8Array();
  let buffer = 0;
  let room = 0;
  const memory = (): Uint8Array => (bytes.length ? bytes : (bytes = new Uint8Array(wasm.memory.buffer)));
  /** Writes a text, and tells its length in bytes. */
  const write = (text: string): number => {
    // A character is three bytes at most.
    const most = text.length * 3;
    if (most > room) {
      buffer = wasm.room(most);
      room = most;
    }
    return encoder.encodeInto(text, memory().subarray(buffer, buffer + most)).written;
  };
  /** Reads what lies at an address: what to do, its text, and its numbers. */
  const show = (at: number): Parameters<Perform> => {
    const [op, text, length, ...numbers] = new Float64Array(memory().buffer, at, 7) as unknown as [Do, number, number, number, number, number, number];
    return [op, decoder.decode(memory().subarray(text, text + length)), ...numbers];
  };
  return (perform, wall, mono, flags, numbers, text, seed) => {
    const tracker = wasm.make(write(text), wall, mono, flags, ...numbers, ...seed);
    const core: Core = {
      acting: false,
      off: false,
      handle(op, wall, mono, text, a = 0, b = 0, c = 0, d = 0) {
        wasm.handle(tracker, write(text), op, wall, mono, a, b, c, d);
      },
      act() {
        if (core.acting) return;
        core.acting = true;
        for (let at; !core.off && (at = wasm.next(tracker)); ) perform(...show(at));
        core.acting = false;
      },
      read: (which) => show(wasm.read(tracker, which))[1],
      count: () => new Float64Array(memory().buffer, wasm.count(tracker), 12),
    };
    return core;
  };
}
