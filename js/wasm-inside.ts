// The chunk with the wasm within, for where the file cannot be had.

export { size, text } from "#wasm";
