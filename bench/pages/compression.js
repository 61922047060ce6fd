// Bodies, packed as js/browser/post.ts packs them.
const pack = async (body) => {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
};

/** The bytes as they are and packed, and the µs until the packed ones are there. */
async function packed(lines, repeats) {
  const body = `${lines.join("\n")}\n`;
  const times = [];
  let bytes = 0;
  for (let i = 0; i < repeats; i += 1) {
    await new Promise((go) => setTimeout(go));
    const begun = performance.now();
    bytes = (await pack(body)).byteLength;
    times.push((performance.now() - begun) * 1000);
  }
  return { raw: new TextEncoder().encode(body).length, bytes, times };
}

/** The like without packing, for what the loop itself costs. */
async function idle(repeats) {
  for (let i = 0; i < repeats; i += 1) await new Promise((go) => setTimeout(go));
}

/** Posts a body, as it is or packed. */
async function send(url, lines, asGzip) {
  const body = `${lines.join("\n")}\n`;
  const init = { method: "POST", body, credentials: "omit" };
  if (asGzip) {
    init.body = await pack(body);
    init.headers = { "content-type": "text/plain", "content-encoding": "gzip" };
  }
  await (await fetch(url, init)).text();
}
