// The real collector, and access to what it has stored.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const { NATERO_COLLECTOR } = process.env;

/** A port on which nobody listens. */
export const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** A collector with its own database. */
export class Collector {
  static async start() {
    if (!NATERO_COLLECTOR) throw new Error("NATERO_COLLECTOR is not set: run `cargo xtask packaging`, which builds it");
    const collector = new Collector();
    collector.folder = mkdtempSync(join(tmpdir(), "natero-collector-"));
    const db = join(collector.folder, "natero.db");
    const create = (kind) => execFileSync(NATERO_COLLECTOR, ["keys", "create", kind, "--db", db], { encoding: "utf8" });
    const source = create("source");
    const key = (printed, what) => printed.match(new RegExp(`${what} key: +(\\w+)`))[1];
    collector.source = { api_key: key(source, "api"), auth_key: key(source, "auth") };
    collector.accountKey = key(create("account"), "account");
    const listen = `127.0.0.1:${await freePort()}`;
    collector.origin = `http://${listen}`;
    collector.process = spawn(NATERO_COLLECTOR, ["serve", "--listen", listen, "--db", db], { stdio: "ignore" });
    await until(async () => (await fetch(`${collector.origin}/readyz`)).ok);
    return collector;
  }

  /** How often an account used a feature. */
  async uses(feature, account = "acme") {
    const question = `${this.origin}/api/v2/accounts/${account}/usage?by=feature&api_key=${this.accountKey}`;
    const answer = await fetch(question);
    if (!answer.ok) return 0;
    const { rows } = await answer.json();
    return rows.find(({ key }) => key === feature)?.features ?? 0;
  }

  close() {
    this.process.kill();
    rmSync(this.folder, { recursive: true });
  }
}

/** Waits for a condition. */
export async function until(holds, ms = 60_000) {
  const end = Date.now() + ms;
  for (;;) {
    try {
      if (await holds()) return;
    } catch {
      // Not ready yet.
    }
    if (Date.now() > end) throw new Error(`it did not hold within ${ms} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
