//! A tracker in a dedicated worker: without a page, storage and cookies.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    a_module_worker_tracks_with_each_build,
    a_classic_worker_tracks_with_the_global_script,
);

/// How the worker uses the class, however it was loaded.
const TRACK: &str = "
    onmessage = async ({ data: { source, endpoint } }) => {
      const problems = [];
      const _na = new na(source.api_key, source.auth_key, {
        endpoint, accountId: 'acme', userId: 'ann@acme.example',
        onError: (problem) => problems.push(problem) });
      const ready = await _na.ready;
      _na.setProductId('suite');
      _na.setModuleId('thumbnails');
      for (let i = 0; i < 60; i += 1) _na.sendFeatureEvent('rendered', { details: { i } });
      _na.sendModuleEvent('thumbnails', 1234);
      _na.trackPageView({ url: 'worker://thumbnails' });
      const flushed = await _na.flush();
      const ids = [_na.getSessionId(), _na.getVisitorId(), _na.getModuleId()];
      _na.shutdown();
      postMessage({ ready, flushed, ids, problems });
    };
    onerror = onunhandledrejection = (event) => postMessage({ error: String(event.reason ?? event) });
    postMessage('loaded');";

/// Runs a worker in a page, and checks the result.
async fn tracks(stage: &Stage, script: &str, kind: &str) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.put_script("/worker.js", script);
    let page = stage.open(&site, "/blank.html").await?;
    let answer: Value = page
        .run(
            "const worker = new Worker('/worker.js', { type: args.kind });
             const next = () => new Promise((resolve, reject) => {
               worker.onmessage = ({ data }) => resolve(data);
               worker.onerror = (event) => reject(new Error(event.message ?? 'the worker did not load'));
             });
             await next();
             worker.postMessage(args);
             const answer = await next();
             worker.terminate();
             return [answer, document.cookie, Object.keys(localStorage)];",
            json!({ "kind": kind, "source": collector.source(), "endpoint": collector.url() }),
        )
        .await?;
    ensure!(answer[1] == "" && answer[2] == json!([]), "{answer}");
    let answer = &answer[0];
    ensure!(
        answer["ready"] == true
            && answer["problems"] == json!([])
            && answer["flushed"]["pending"] == 0
            && answer["ids"][0].is_string()
            && answer["ids"][1].is_string()
            && answer["ids"][2] == "thumbnails",
        "{answer}"
    );
    let rows = until_events(&collector, "all of the worker", |rows| rows.len() >= 62).await?;
    let count = |action: &str| rows.iter().filter(|row| row.action == action).count();
    ensure!(
        count("feature") == 60 && count("moduleEnd") == 1 && count("pageView") == 1,
        "{rows:#?}"
    );
    ensure!(
        rows.iter()
            .filter(|row| row.action == "feature")
            .all(|row| row.module.as_deref() == Some("thumbnails")
                && row.product.as_deref() == Some("suite")),
        "{rows:#?}"
    );
    ensure!(collector.loss().await?["missing"] == 0);
    Ok(())
}

async fn a_module_worker_tracks_with_each_build(stage: &Stage) -> Result<()> {
    for build in ["index", "inline"] {
        let script = format!("import {{ na }} from '/pkg/{build}.js'; {TRACK}");
        tracks(stage, &script, "module").await?;
    }
    Ok(())
}

async fn a_classic_worker_tracks_with_the_global_script(stage: &Stage) -> Result<()> {
    let script = format!("importScripts('/pkg/natero.global.js'); {TRACK}");
    tracks(stage, &script, "classic").await
}
