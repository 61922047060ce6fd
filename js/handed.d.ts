// What the entry hands to the host, in an order that the build chooses: see
// `xtask/src/build/handed.rs`.

/** The name of the build, and then what the host uses of the entry. */
export const handed: readonly unknown[];
