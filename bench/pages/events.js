// Lines as ours are stored and sent, for measurements that need no tracker.
const line = (seq) =>
  JSON.stringify({
    account_id: "acme",
    user_id: "ann@acme.example",
    session_id: "0123456789abcdef0123",
    created_at: 1_790_000_000_000 + seq,
    action: "feature",
    event_id: `0123456789abcdef0123-${seq}`,
    visitor_id: "0123456789abcdef0124",
    stream_id: "0123456789abcdef0125",
    seq,
    feature: `bench-feature-${seq % 20}`,
    total: 1,
    module: "reports",
    product: "studio",
  });

/** What a tick of so many events stores. */
const segment = (events) => Array.from({ length: events }, (_, seq) => line(seq)).join("\n");
