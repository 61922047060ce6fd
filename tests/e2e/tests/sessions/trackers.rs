//! Several trackers on a page, and the shutdown of one of them.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::FaultServer;
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::of;

pub async fn two_trackers_share_cookies_and_never_a_queue(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let source = |name: &str| Source {
        auth_key: format!("auth-{name}"),
        api_key: format!("api-{name}"),
    };
    let quiet = json!({ "trackPageViews": false, "trackUnload": false });
    site.put_tracked("/", server.url(), &source("one"), &quiet);
    let page = stage.open(&site, "/").await?;
    page.until("window.tracking").await?;
    let two = "window.two = new na('api-two', 'auth-two', {
        endpoint: args, accountId: 'acme', userId: 'ann@acme.example', flushInterval: 50,
        trackPageViews: false, trackUnload: false });
      await two.ready;";
    page.act(two, json!(server.url())).await?;
    // No request succeeds, so that everything is stored when the page is closed.
    server.set_down(true);
    let ids: Vec<String> = page
        .run(
            "_na.sendFeatureEvent('of one'); two.sendFeatureEvent('of two');
             return [_na.getSessionId(), two.getSessionId(), _na.getVisitorId(), two.getVisitorId()];",
            Value::Null,
        )
        .await?;
    ensure!(ids[0] == ids[1] && ids[2] == ids[3], "{ids:?}");
    let parts: BTreeSet<String> = page
        .run(
            "return Object.keys(localStorage).map((key) => key.split('.')[1]);",
            Value::Null,
        )
        .await?;
    ensure!(
        parts.len() == 2,
        "one part of the storage for both: {parts:?}"
    );
    stage.browser().await?.client().refresh().await?;
    page.until("window.tracking").await?;
    server.set_down(false);
    // Only the first tracker exists now, and the events of the other one are not its own.
    page.deliver().await?;
    server.until_recorded(1).await?;
    let targets = |recorded: &[natero_e2e::fault::Recorded]| -> Result<BTreeSet<(String, String)>> {
        let mut targets = BTreeSet::new();
        for request in recorded {
            for line in request.lines()? {
                let feature = line["feature"].as_str().unwrap_or("-").to_owned();
                targets.insert((request.target.clone(), feature));
            }
        }
        Ok(targets)
    };
    let of_one = ("/v1/auth-one/api-one".to_owned(), "of one".to_owned());
    let of_two = ("/v1/auth-two/api-two".to_owned(), "of two".to_owned());
    let sent = targets(&server.recorded())?;
    ensure!(sent == BTreeSet::from([of_one.clone()]), "{sent:?}");
    page.act(two, json!(server.url())).await?;
    page.until("two.stats().delivered === 1").await?;
    let sent = targets(&server.recorded())?;
    ensure!(sent == BTreeSet::from([of_one, of_two]), "{sent:?}");
    page.is_unharmed().await.map(drop)
}

/// Counts the listeners, timers and locks of the package's own code.
const COUNTED: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>counted</title>
<script src="/watch.js"></script>
<script>
  const ours = () => new Error().stack.includes("/pkg/");
  window.open_ = new Map();
  const listener = (type, f, options) => {
    f.id ??= Math.random();
    return `listener ${type} ${f.id} ${Boolean(options?.capture ?? options)}`;
  };
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  EventTarget.prototype.addEventListener = function (type, f, options) {
    if (ours()) open_.set(listener(type, f, options), true);
    return add.call(this, type, f, options);
  };
  EventTarget.prototype.removeEventListener = function (type, f, options) {
    open_.delete(listener(type, f, options));
    return remove.call(this, type, f, options);
  };
  for (const kind of ["Timeout", "Interval"]) {
    const [set, clear] = [window[`set${kind}`], window[`clear${kind}`]];
    window[`set${kind}`] = (f, ...rest) => {
      const id = set((...args) => {
        if (kind === "Timeout") open_.delete(`timer ${id}`);
        f(...args);
      }, ...rest);
      if (ours()) open_.set(`timer ${id}`, true);
      return id;
    };
    window[`clear${kind}`] = (id) => {
      open_.delete(`timer ${id}`);
      clear(id);
    };
  }
  window.BroadcastChannel = class extends BroadcastChannel {
    constructor(name) {
      super(name);
      open_.set(`channel ${name}`, true);
    }
    close() {
      open_.delete(`channel ${this.name}`);
      super.close();
    }
  };
</script>
<script type="module">
  import { na } from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#;

pub async fn shutdown_leaves_no_listener_timer_lock_or_channel(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.put_html("/counted.html", COUNTED);
    let page = stage.open(&site, "/counted.html").await?;
    page.until("window.na").await?;
    let settings = json!({ "trackPageViews": true, "trackUnload": true });
    for round in 0..2 {
        page.track(collector.url(), collector.source(), settings.clone())
            .await?;
        page.act(
            "await _na.ready; _na.setModuleId('reports'); _na.sendFeatureEvent('a');",
            Value::Null,
        )
        .await?;
        let open: Vec<String> = page.run("return [...open_.keys()];", Value::Null).await?;
        // Either would exclude the page from the back/forward cache, or require an extra
        // permission.
        ensure!(!open.iter().any(|name| name.contains("unload")), "{open:?}");
        for kind in ["listener visibilitychange", "timer", "channel"] {
            ensure!(
                open.iter().any(|name| name.starts_with(kind)),
                "nothing of {kind} is counted: {open:?}"
            );
        }
        page.act("_na.shutdown();", Value::Null).await?;
        page.until("_na.stats().pending === 0").await?;
        let open: Vec<String> = page.run("return [...open_.keys()];", Value::Null).await?;
        ensure!(open.is_empty(), "round {round}: left behind: {open:?}");
        page.until("(await navigator.locks.query()).held.length === 0")
            .await
            .context("a lock is still held")?;
        let patched: bool = page
            .run(
                "return history.pushState !== History.prototype.pushState
                     || history.replaceState !== History.prototype.replaceState;",
                Value::Null,
            )
            .await?;
        ensure!(!patched, "history is still watched");
    }
    // Nothing that happens now makes an event, a request or an error.
    let before = until_events(&collector, "both trackers' events", |rows| {
        of(rows, "feature").len() == 2 && of(rows, "pageViewEnd").len() == 2
    })
    .await?;
    page.act(
        "history.pushState(null, '', '/elsewhere');
         for (const type of ['mousemove', 'online', 'offline', 'pagehide']) dispatchEvent(new Event(type));
         document.dispatchEvent(new Event('visibilitychange'));",
        Value::Null,
    )
    .await?;
    page.move_mouse().await?;
    let refused: bool = page
        .run(
            "_na.sendFeatureEvent('late'); return problems.length > 0 || (await null, problems.length > 0);",
            Value::Null,
        )
        .await?;
    ensure!(refused, "a call after shutdown was not refused");
    page.let_pass(200).await?;
    let after = natero_e2e::rows::events(&collector.db())?;
    ensure!(after == before, "{after:#?}");
    Ok(())
}
