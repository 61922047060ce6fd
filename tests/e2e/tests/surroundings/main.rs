//! A page that has broken a part of its environment before the tracker is loaded.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use natero_e2e::browser::BrowserKind;
use natero_e2e::collector::Source;
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::stage::Stage;
use natero_e2e::suite::{self, Named};
use natero_e2e::surroundings::{self, Promise};
use serde_json::{Value, json};

fn main() -> ExitCode {
    let tests = surroundings::tests().into_iter();
    suite::run_named(
        env!("CARGO_CRATE_NAME"),
        tests
            .map(|(name, part, way, promise)| Named {
                name,
                test: Arc::new(move |stage| Box::pin(holds(stage, part, way, promise))),
                skipped_in: if WEBKIT_NEEDS.contains(&part) && way != "frozen" {
                    &[BrowserKind::Webkit]
                } else {
                    &[]
                },
            })
            .collect(),
    )
}

/// The parts of the page's environment that WebKit's driver itself needs to run a script
/// there.
const WEBKIT_NEEDS: [&str; 6] = [
    "setTimeout",
    "clearTimeout",
    "Promise",
    "Array.prototype.map",
    "Array.prototype.join",
    "String.prototype.split",
];

/// A page that breaks something, then loads the tracker and uses it.
const PAGE: &str = r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>hostile</title>
<script src="/watch.js"></script><script>window.natives = { pushState: history.pushState, now: Date.now };</script>
<script src="/break.js"></script>
<script type="module">
  import { na } from "/pkg/inline.js";
  window.na = na;
</script></head><body><h1>hostile</h1></body></html>"#;

async fn holds(stage: &Stage, part: &str, way: &str, promise: Promise) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_html("/hostile", PAGE);
    let page = stage.open(&site, &format!("/hostile?{part}={way}")).await?;
    let outcome = judge(&page, &server, promise).await;
    // A driver may be unable to leave a page whose environment is broken, but the page
    // itself can.
    let left = page
        .act("location.replace('about:blank');", Value::Null)
        .await;
    outcome.and(left)
}

async fn judge(page: &Page<'_>, server: &FaultServer, promise: Promise) -> Result<()> {
    page.until("window.na || trouble.errors.length").await?;
    page.is_unharmed().await.context("loading")?;
    let source = Source {
        auth_key: "auth".to_owned(),
        api_key: "api".to_owned(),
    };
    // Only of this page: the previous one may still store its own as it closes.
    let port = server
        .url()
        .rsplit(':')
        .next()
        .unwrap_or_default()
        .to_owned();
    let prefix = format!("na{port}_");
    let outcome: Value = page
        .run(
            "window.problems = [];
             window._na = new na(args.source.api_key, args.source.auth_key, {
               endpoint: args.endpoint, accountId: 'acme', userId: 'ann@acme.example', flushInterval: 50,
               consent: 'pending', cookiePrefix: args.prefix, onError: (problem) => problems.push(problem) });
             // Long enough to be compressed where that is possible.
             const filler = 'x'.repeat(3000);
             _na.sendFeatureEvent('early', { details: { list: [1, 'two'], filler } });
             const ready = await _na.ready;
             _na.setModuleId('reports');
             _na.sendFeatureEvent('used');
             _na.identifyUser('ann@acme.example', { tags: ['a'] });
             const held = _na.stats().requests;
             const cookie = (() => { try { return document.cookie; } catch { return ''; } })();
             _na.optIn();
             try { natives.pushState.call(history, null, '', '/moved'); } catch {}
             let flushed = await _na.flush();
             for (let tries = 0; tries < 10 && _na.stats().pending; tries += 1) flushed = await _na.flush();
             _na.getSessionId();
             const { pending } = _na.stats();
             return { ready, held, cookie: String(cookie), problems, flushed, pending, console: trouble.console };",
            json!({ "endpoint": server.url(), "source": source, "prefix": prefix }),
        )
        .await?;
    page.is_unharmed()
        .await
        .with_context(|| outcome.to_string())?;
    let told = outcome["problems"].as_array().context("an array")?;
    match promise {
        Promise::Works => {
            ensure!(outcome["ready"] == true && told.is_empty(), "{outcome}");
            ensure!(outcome["held"] == 0, "sent before consent: {outcome}");
            ensure!(outcome["pending"] == 0, "not confirmed: {outcome}");
            ensure!(
                !outcome["cookie"]
                    .as_str()
                    .unwrap_or_default()
                    .contains(&prefix),
                "stored before consent: {outcome}"
            );
            server.until_recorded(1).await?;
            let mut features = Vec::new();
            let mut ids = BTreeSet::new();
            for request in server.recorded() {
                for line in request.lines()? {
                    let created_at = line["created_at"].as_f64().unwrap_or_default();
                    ensure!(created_at > 1.6e12, "{line}");
                    // If an answer could not be read, the event is sent again.
                    if line["action"] == "feature" && ids.insert(line["event_id"].to_string()) {
                        features.push((line["feature"].clone(), line["details"].clone()));
                    }
                }
            }
            let filler = "x".repeat(3000);
            ensure!(
                features[..]
                    == [
                        (
                            json!("early"),
                            json!({ "list": [1, "two"], "filler": filler })
                        ),
                        (json!("used"), Value::Null)
                    ],
                "{features:?}: {outcome}"
            );
        }
        Promise::SaysWhyNot => {
            ensure!(outcome["ready"] == false && told.len() == 1, "{outcome}");
            ensure!(server.recorded().is_empty(), "something was sent");
        }
    }
    // The page continues, and can be left without errors.
    page.move_mouse().await?;
    page.act("_na.shutdown();", Value::Null).await?;
    page.is_unharmed().await.map(drop)
}
