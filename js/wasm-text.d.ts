// The inline and global builds carry the wasm: the build puts it in as a text.
declare module "#wasm" {
  export const text: string;
  /** How many bytes it stands for. */
  export const size: number;
}

// The core as JavaScript: the build makes it of a wasm for the oldest machines.
declare module "#core-script" {
  /** Does what `new WebAssembly.Instance(module, imports).exports` does. */
  export const instantiate: (imports: WebAssembly.Imports) => WebAssembly.Exports;
}
