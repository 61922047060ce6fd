// Runs the servers of tools as separate processes: within a test process, settings of one would
// affect the next.

import { spawn } from "node:child_process";
import { freePort, until } from "./collector.mjs";

// How long a server may take until it answers on a small machine, in ms.
const PATIENCE = 120_000;

/**
 * Starts a server, and waits until it answers. Its child processes end with it.
 * @param command The program and its arguments, with `PORT` in place of the port.
 */
export async function listen(command, folder, environment = {}) {
  const port = String(await freePort());
  const [program, ...args] = command.map((word) => (word === "PORT" ? port : word));
  const env = { ...process.env, PORT: port, HOST: "127.0.0.1", ...environment };
  // A process group can be ended as a whole.
  const server = spawn(program, args, { cwd: folder, env, detached: true });
  let printed = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      printed += text;
    });
  }
  const hasEnded = () => server.exitCode !== null || server.signalCode !== null;
  const close = async () => {
    if (hasEnded()) return;
    const ended = new Promise((resolve) => server.on("exit", resolve));
    process.kill(-server.pid, "SIGKILL");
    await ended;
  };
  const origin = `http://127.0.0.1:${port}`;
  try {
    await until(async () => hasEnded() || (await fetch(origin)).ok, PATIENCE);
    if (hasEnded()) throw new Error("it has ended");
  } catch (error) {
    await close();
    throw new Error(`${command.join(" ")} does not serve: ${error.message}\n${printed}`, { cause: error });
  }
  return { origin, close, printed: () => printed };
}
