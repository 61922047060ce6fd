//! Pages that have broken a part of the language before the tracker is loaded. A driver does
//! not work in such an environment, so it controls the page around it.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use natero_e2e::fault::FaultServer;
use natero_e2e::hosts;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::suite::{self, Named};
use natero_e2e::surroundings::{self, Promise};
use serde::Deserialize;
use serde_json::{Value, json};

fn main() -> ExitCode {
    let tests = surroundings::language_tests().into_iter();
    let named = tests.map(|(name, part, way, promise)| Named {
        name,
        test: Arc::new(move |stage| Box::pin(holds(stage, part, way, promise))),
        skipped_in: &[],
    });
    suite::run_named(env!("CARGO_CRATE_NAME"), named.collect())
}

/// How each build is loaded into a page.
const BUILDS: [(&str, &str); 3] = [
    (
        "module",
        r#"<script type="module">
  import { na } from "/pkg/index.js";
  window.na = na;
  tell(window);
</script>"#,
    ),
    (
        "inline",
        r#"<script type="module">
  import { na } from "/pkg/inline.js";
  window.na = na;
  tell(window);
</script>"#,
    ),
    (
        "script",
        r#"<script src="/pkg/natero.global.js"></script><script>tell(window);</script>"#,
    ),
];

/// Only an intact page can report the result: the page around.
const AROUND: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>around</title>
<script>
  const { then } = Promise.prototype;
  const settled = (promise) => new Promise((go, fail) => then.call(promise, go, fail));
  const text = (value) => {
    try { return String(value); } catch { return "something"; }
  };
  window.watch = (inner) => {
    const trouble = { errors: [], rejections: [], console: [] };
    inner.trouble = trouble;
    inner.addEventListener("error", ({ message }) => trouble.errors.push(text(message)));
    inner.addEventListener("unhandledrejection", ({ reason }) => trouble.rejections.push(text(reason)));
    inner.console.error = (...parts) => trouble.console.push(parts.map(text).join(" "));
    inner.told = new Promise((go) => { inner.tell = go; });
    return trouble;
  };
  /** A frame in which `part` is broken, once it has used the tracker. */
  window.use = async (build, part, way, endpoint, waits) => {
    const frame = document.createElement("iframe");
    frame.src = `/${build}?${part}=${way}`;
    const loaded = new Promise((go) => { frame.onload = go; });
    document.body.append(frame);
    await loaded;
    const inner = frame.contentWindow;
    // A module that waits for its wasm is ready only after its page has loaded.
    if (waits) await inner.told;
    const { trouble, na } = inner;
    let ready;
    try {
      const tracker = new na(`api ${build}`, "auth", {
        endpoint, accountId: "acme", userId: "ann", cookiePrefix: `na_${build}_` });
      tracker.sendFeatureEvent(`early ${build}`, { details: { list: [1, "two"] } });
      ready = await settled(tracker.ready);
      tracker.setModuleId("reports");
      tracker.sendFeatureEvent(`used ${build}`);
      tracker.identifyUser("ann", { tags: ["a"] });
      tracker.trackPageView();
      tracker.getSessionId();
      for (let tries = 0; tries < 5; tries += 1) {
        await settled(tracker.flush());
        if (!tracker.stats().pending) break;
      }
      tracker.shutdown();
    } catch (error) {
      trouble.errors.push(text(error));
    }
    await new Promise((go) => setTimeout(go));
    return { build, ready, trouble };
  };
</script></head><body></body></html>"#;

#[derive(Debug, Deserialize)]
struct Outcome {
    build: String,
    ready: Option<bool>,
    trouble: natero_e2e::page::Trouble,
}

fn put_pages(site: &Site) {
    site.put_html("/around", AROUND);
    for (build, script) in BUILDS {
        site.put_html(
            &format!("/{build}"),
            format!(
                r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{build}</title>
<script>parent.watch(window);</script><script src="/break.js"></script>
{script}</head><body></body></html>"#
            ),
        );
    }
}

async fn holds(stage: &Stage, part: &str, way: &str, promise: Promise) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    put_pages(&site);
    let page = stage.open(&site, "/around").await?;
    // The class is a single module, at the path of the package's own module.
    let is_class = hosts::class().is_some();
    let builds: Vec<_> = BUILDS
        .iter()
        .map(|(name, _)| name)
        .filter(|name| !is_class || **name == "module")
        .collect();
    let outcomes: Vec<Outcome> = page
        .run(
            "return await Promise.all(args.builds.map((build) => use(build, args.part, args.way, args.endpoint, args.waits)));",
            json!({
                "builds": builds,
                "part": part,
                "way": way,
                "endpoint": server.url(),
                "waits": is_class,
            }),
        )
        .await?;
    let mut features: BTreeMap<String, Value> = BTreeMap::new();
    for request in server.recorded() {
        for line in request.lines()? {
            if let Some(feature) = line["feature"].as_str() {
                features.insert(feature.to_owned(), line["details"].clone());
            }
        }
    }
    for outcome in &outcomes {
        judge(outcome, &features, promise).with_context(|| format!("{outcome:?}"))?;
    }
    Ok(())
}

fn judge(outcome: &Outcome, features: &BTreeMap<String, Value>, promise: Promise) -> Result<()> {
    let Outcome {
        build,
        ready,
        trouble,
    } = outcome;
    ensure!(
        trouble.errors.is_empty() && trouble.rejections.is_empty(),
        "the page was harmed"
    );
    let early = features.get(&format!("early {build}"));
    let used = features.get(&format!("used {build}"));
    match promise {
        Promise::Works => {
            ensure!(
                *ready == Some(true) && trouble.console.is_empty(),
                "it is off"
            );
            ensure!(early == Some(&json!({ "list": [1, "two"] })), "{early:?}");
            ensure!(used == Some(&Value::Null), "{used:?}");
        }
        Promise::SaysWhyNot => {
            ensure!(*ready == Some(false), "it is not off");
            ensure!(
                matches!(&trouble.console[..], [line] if line.contains("is off")),
                "it does not say once why"
            );
            ensure!(early.is_none() && used.is_none(), "something was sent");
        }
    }
    Ok(())
}
