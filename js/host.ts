/** What the engine may ask of the page's side: `src/host.rs` declares the same. Nothing of it may throw. */
export interface Host {
  report(code: string, message: string, dropped: number, warning: boolean): void;
  debug(line: string): void;
  flushed(id: number, delivered: number, pending: number, rejected: number): void;
  filter(line: string): string | null | undefined;
  post(id: number, url: string, body: string, keepalive: boolean, unloading: boolean): void;
  guard(f: (argument: unknown) => void): (argument: unknown) => void;
}
