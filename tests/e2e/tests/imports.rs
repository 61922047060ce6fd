//! Each way to load the package tracks, and loading it alone does nothing.

use std::process::Output;

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::fault::FaultServer;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};
use tokio::process::Command;

natero_e2e::suite!(
    the_es_module_tracks,
    the_inline_module_tracks,
    the_classic_script_tracks_from_window_onload,
    importing_requests_and_stores_nothing,
    importing_under_node_has_no_side_effect,
);

async fn the_es_module_tracks(stage: &Stage) -> Result<()> {
    a_module_and_a_feature_arrive_from(stage, "/esm.html", 1).await
}

async fn the_inline_module_tracks(stage: &Stage) -> Result<()> {
    a_module_and_a_feature_arrive_from(stage, "/inline.html", 0).await
}

async fn a_module_and_a_feature_arrive_from(
    stage: &Stage,
    path: &str,
    wasm_requests: usize,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let page = stage.open(&site, path).await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act(
        "_na.setProductId('freight'); _na.setModuleId('dashboard'); await _na.ready;",
        Value::Null,
    )
    .await?;
    page.let_pass(50).await?;
    page.act(
        "_na.sendFeatureEvent('add_widget'); _na.setModuleId(null);",
        Value::Null,
    )
    .await?;
    let stats = page.deliver().await?;
    ensure!(stats["accepted"] == 2 && stats["delivered"] == 2, "{stats}");

    let rows = until_events(&collector, "two events", |rows| rows.len() == 2).await?;
    check_feature_and_module_end(&rows[0], &rows[1])?;
    ensure!(
        site.requested(".wasm") == wasm_requests,
        "{path} asked for other files"
    );
    page.is_untroubled().await
}

fn check_feature_and_module_end(feature: &EventRow, end: &EventRow) -> Result<()> {
    for row in [feature, end] {
        ensure!(
            row.account_id == "acme" && row.user_id == "ann@acme.example",
            "{row:?}"
        );
        ensure!(row.product.as_deref() == Some("freight"), "{row:?}");
        ensure!(row.module.as_deref() == Some("dashboard"), "{row:?}");
        ensure!(row.extra.is_none(), "fields outside the contract: {row:?}");
        ensure!(
            row.visitor_id.as_deref().is_some_and(|id| !id.is_empty()),
            "{row:?}"
        );
    }
    ensure!(
        feature.action == "feature" && end.action == "moduleEnd",
        "{feature:?} {end:?}"
    );
    ensure!(
        feature.feature.as_deref() == Some("add_widget"),
        "{feature:?}"
    );
    ensure!(feature.total == Some(1.0), "{feature:?}");
    ensure!(end.feature.is_none() && end.total.is_none(), "{end:?}");
    ensure!(end.time_spent.is_some_and(|ms| ms >= 50), "{end:?}");
    ensure!(feature.session_id == end.session_id && !end.session_id.is_empty());
    ensure!(feature.stream_id == end.stream_id && end.stream_id.is_some());
    ensure!(
        feature.seq == Some(0) && end.seq == Some(1),
        "{feature:?} {end:?}"
    );
    ensure!(feature.event_id != end.event_id);
    ensure!(feature.created_at <= end.created_at);
    Ok(())
}

async fn the_classic_script_tracks_from_window_onload(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let copy = FaultServer::start().await?;
    let site = stage.site().await?;
    let source = collector.source();
    site.put_html(
        "/original.html",
        format!(
            r#"<!doctype html><title>original</title><script src="/watch.js"></script>
            <script src="/pkg/natero.global.js"></script>
            <script>
              window.onload = function () {{
                _na = new na('{}', '{}', {{ userId: 'ann@acme.example', accountId: 'acme',
                  trackUnload: true, endpoint: '{}', debugUrl: '{}', disableEventSend: false, debug: false }});
                _na.setModuleId('test');
                _na.sendFeatureEvent('loaded', 3);
              }};
            </script>"#,
            source.api_key,
            source.auth_key,
            collector.url(),
            copy.url()
        ),
    );
    let page = stage.open(&site, "/original.html").await?;
    page.until("window._na").await?;
    page.deliver().await?;
    let rows = until_events(&collector, "the feature event", |rows| {
        rows.iter().any(|row| row.action == "feature")
    })
    .await?;
    let feature = rows
        .iter()
        .find(|row| row.action == "feature")
        .expect("waited for");
    ensure!(feature.account_id == "acme" && feature.user_id == "ann@acme.example");
    ensure!(feature.feature.as_deref() == Some("loaded") && feature.total == Some(3.0));
    ensure!(feature.module.as_deref() == Some("test") && feature.product.is_none());
    page.is_untroubled().await
}

async fn importing_requests_and_stores_nothing(stage: &Stage) -> Result<()> {
    for path in ["/esm.html", "/inline.html", "/classic.html"] {
        let site = stage.site().await?;
        let page = stage.open(&site, path).await?;
        page.until("window.na").await?;
        let traces: Value = page
            .run(
                "return { cookie: document.cookie, local: localStorage.length,
                          session: sessionStorage.length,
                          fetched: performance.getEntriesByType('resource')
                            .filter((entry) => !['script', 'link', 'other'].includes(entry.initiatorType)
                              || entry.name.endsWith('.wasm')).map((entry) => entry.name) };",
                Value::Null,
            )
            .await?;
        ensure!(
            traces == json!({ "cookie": "", "local": 0, "session": 0, "fetched": [] }),
            "{path} left {traces}"
        );
        page.is_untroubled().await?;
    }
    Ok(())
}

async fn importing_under_node_has_no_side_effect(stage: &Stage) -> Result<()> {
    let script = "
        let fetches = 0;
        globalThis.fetch = () => { fetches += 1; return Promise.reject(new Error('no')); };
        const before = Object.getOwnPropertyNames(globalThis).sort().join();
        const esm = await import('natero-wasm');
        const inline = await import('natero-wasm/inline');
        const after = Object.getOwnPropertyNames(globalThis).sort().join();
        console.log(JSON.stringify([
          typeof esm.na, esm.na === esm.default, typeof inline.na, inline.na === inline.default,
          before === after, fetches]));";
    let output = node(stage, script).await?;
    ensure!(
        String::from_utf8_lossy(&output.stdout).trim()
            == r#"["function",true,"function",true,true,0]"#,
        "{output:?}"
    );
    let output = node(
        stage,
        "await import('natero-wasm/natero.global.js'); console.log('ok');",
    )
    .await?;
    ensure!(output.stdout == b"ok\n", "{output:?}");
    Ok(())
}

/// Runs a module next to the installed package. If Node exits by itself, no timer and no
/// handle is left.
async fn node(stage: &Stage, script: &str) -> Result<Output> {
    let output = Command::new("node")
        .args(["--input-type=module", "--eval", script])
        .current_dir(stage.package().await?.project())
        .kill_on_drop(true)
        .output()
        .await?;
    ensure!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}"
    );
    Ok(output)
}
