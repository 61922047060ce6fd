// What a page costs that tracks nothing.
export function start() {}

export function feature() {}
