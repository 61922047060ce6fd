// `natero-wasm/testing`: the tracker in tests, without wasm, network or page.

import { na } from "./tracker.ts";

export type * from "../types.ts";
export { events, expectEvent, expectNoEvent, heldEvents, problems } from "./assertions.ts";
export type { ExpectedEvent, Pattern } from "./match.ts";
export { type PageEvents, type Route, type RoutedPage, recordPage } from "./page.ts";
export { clear, na } from "./tracker.ts";

export default na;
