// The parts of the entry that the build hands to the host, in an order that the build chooses: see
// `xtask/src/build/handed.rs`.

/** The id of the build, followed by the parts of the entry that the host uses. */
export const handed: readonly unknown[];
