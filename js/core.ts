// The engine's numbers: what may be told it, and what it may ask for. They are
// those of `src/decode.rs` and `src/encode.rs`, which say what the text and
// the numbers that go with each mean; a test compares them.

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
