// The inline and global builds carry the wasm: the build puts it in as base64.
declare module "#wasm" {
  const base64: string;
  export default base64;
}
