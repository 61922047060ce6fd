// The build writes the same id into the entry, the host chunk and the wasm.

declare const NATERO_BUILD: string;

/** Identifies this build. */
export const BUILD = NATERO_BUILD;
