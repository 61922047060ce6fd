//! The contents of events and addresses.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use natero_e2e::fault::FaultServer;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{open, source};

pub async fn before_send_edits_redacts_and_drops(stage: &Stage) -> Result<()> {
    let scene = open(stage, "").await?;
    let stats: Value = scene
        .page
        .run(
            "window.problems = [];
             window._na = new na('api', 'auth', {
               endpoint: args, accountId: 'acme', userId: 'ann@acme.example',
               trackPageViews: false, trackUnload: false, compress: false,
               onError: (problem) => problems.push(problem),
               beforeSend(event) {
                 if (event.feature === 'drop') return null;
                 if (event.feature === 'throw') throw new Error('the page has a bug');
                 if (event.feature === 'edit') return { ...event, feature: 'edited', event_id: 'forged' };
                 delete event.details?.secret;
                 return event;
               } });
             await _na.ready;
             for (const name of ['keep', 'drop', 'throw', 'edit'])
               _na.sendFeatureEvent(name, { details: { secret: 'hush', open: 1 } });
             await _na.flush();
             return _na.stats();",
            json!(scene.server.url()),
        )
        .await?;
    ensure!(scene.features()? == ["keep", "edited"]);
    let recorded = scene.server.recorded();
    let lines = recorded[0].lines()?;
    ensure!(lines[0]["details"] == json!({ "open": 1 }), "{lines:?}");
    ensure!(lines[1]["event_id"] != "forged", "{lines:?}");
    // A dropped event leaves no gap that would look like a loss.
    ensure!(lines[0]["seq"] == 0 && lines[1]["seq"] == 1, "{lines:?}");
    ensure!(
        stats["accepted"] == 4
            && stats["delivered"] == 2
            && stats["dropped"]["before_send"] == 2
            && stats["dropped"]["total"] == 2,
        "{stats}"
    );
    let problems: Value = scene.page.run("return problems;", Value::Null).await?;
    ensure!(
        problems.as_array().map(Vec::len) == Some(1) && problems[0]["code"] == "before_send",
        "{problems}"
    );
    let console = scene.page.is_unharmed().await?;
    ensure!(console.len() == 1, "{console:?}");
    Ok(())
}

pub async fn addresses_are_recorded_without_query_and_fragment(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    site.put_tracked("/tracked", server.url(), &source(), &json!({}));
    site.put_html(
        "/from",
        "<!doctype html><meta name=referrer content=unsafe-url><script src=/watch.js></script>
         <a href='/tracked?secret=1#secret'>go</a>",
    );
    let page = stage.open(&site, "/from?secret=0").await?;
    page.act("document.querySelector('a').click();", Value::Null)
        .await?;
    page.until("window.tracking").await?;
    let referrer: String = page.run("return document.referrer;", Value::Null).await?;
    ensure!(referrer.ends_with("?secret=0"), "{referrer}");
    page.act(
        "history.pushState(null, '', '/next?secret=2#secret');
         history.replaceState(null, '', '/last?secret=3');
         _na.trackPageView({ title: 'again' });
         _na.shutdown();",
        Value::Null,
    )
    .await?;
    page.until("_na.stats().pending === 0").await?;
    // The last two requests are sent at the same time, and either may arrive first.
    let mut views = BTreeMap::new();
    for request in server.recorded() {
        let text = request.text()?;
        ensure!(!text.contains("secret"), "{text}");
        for line in request.lines()? {
            if line["action"] == "pageView" {
                let view = (line["url"].clone(), line["referrer"].clone());
                views.insert(line["seq"].as_u64(), view);
            }
        }
    }
    let urls: Vec<_> = views.into_values().collect();
    let at = |path: &str| json!(site.url(path));
    ensure!(
        urls == [
            (at("/tracked"), at("/from")),
            // An address that is replaced immediately counts as the same view.
            (at("/last"), at("/tracked")),
            (at("/last"), at("/last")),
        ],
        "{urls:?}"
    );
    // An address that the page passes itself is recorded unchanged; the tests of page views
    // cover that.
    page.is_untroubled().await
}
