// The inline module and the classic script contain the wasm. The build inserts it as a text.
declare module "#wasm" {
  export const text: string;
  /** The number of bytes that the text decodes to. */
  export const size: number;
}

// The core as JavaScript. The build makes it from a wasm for the oldest machines.
declare module "#core-script" {
  /** The equivalent of `new WebAssembly.Instance(module, imports).exports`. */
  export const instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports;
}
