// Servers of tools, as programs of their own: within a test, what one sets for its process
// would be found by the next.

import { spawn } from "node:child_process";
import { freePort, until } from "./collector.mjs";

// What a server on a small machine may take until it answers, in ms.
const PATIENCE = 120_000;

/**
 * Starts a server, and waits until it answers; what it starts itself ends with it.
 * @param command The program and its arguments, `PORT` in place of the port.
 */
export async function listen(command, folder, environment = {}) {
  const port = String(await freePort());
  const [program, ...args] = command.map((word) => (word === "PORT" ? port : word));
  const env = { ...process.env, PORT: port, HOST: "127.0.0.1", ...environment };
  // A group of processes can be ended as one.
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
