// The build writes one id into the entry, the host chunk and the wasm.

declare const NATERO_BUILD: string;

/** Names this build. */
export const BUILD = NATERO_BUILD;
