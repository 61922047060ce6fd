// The chunk that contains the wasm, for when the wasm file cannot be loaded.

export { size, text } from "#wasm";
