/**
 * Five properties of a feature event, the same for every tracker. Each call gets a new object, because a page writes
 * a literal into the call.
 */
export const details = () => ({ source: "toolbar", format: "xlsx", rows: 1_250, filtered: true, plan: "enterprise" });
