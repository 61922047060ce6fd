//! Wrong calls are refused with one clear error and change nothing.

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::FaultServer;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    missing_keys_disable_the_tracker_with_one_error,
    a_wrong_argument_is_refused_and_changes_nothing,
    a_wrong_setting_is_named_and_the_default_used,
    an_on_error_that_throws_harms_nothing,
);

fn source() -> Source {
    Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    }
}

async fn missing_keys_disable_the_tracker_with_one_error(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    for (keys, named) in [
        ("undefined, undefined", "apiKey"),
        ("'api', undefined", "authKey"),
        ("null, null", "apiKey"),
        ("'', 'auth'", "apiKey"),
        ("'api', '  '", "authKey"),
        ("{}, 'auth'", "apiKey"),
        ("'api', []", "authKey"),
        ("NaN, 'auth'", "apiKey"),
    ] {
        let page = stage.open(&site, "/inline.html").await?;
        page.until("window.na").await?;
        let state: Value = page
            .run(
                &format!(
                    "window.problems = [];
                     const _na = new na({keys}, {{ endpoint: args, accountId: 'acme',
                       userId: 'ann', onError: (problem) => problems.push(problem) }});
                     _na.setModuleId('early'); _na.sendFeatureEvent('early');
                     const ready = await _na.ready;
                     _na.setUserId('bob'); _na.setModuleId('m'); _na.sendFeatureEvent('f');
                     _na.sendModuleEvent('m', 5); _na.identifyUser('u', {{}}); _na.trackPageView();
                     _na.optIn(); _na.optOut(); _na.reset(); _na.getSessionId(); _na.shutdown();
                     const flushed = await _na.flush();
                     return {{ ready, flushed, accepted: _na.stats().accepted, problems }};"
                ),
                json!(server.url()),
            )
            .await
            .with_context(|| format!("new na({keys})"))?;
        ensure!(
            state["ready"] == false && state["accepted"] == 0,
            "new na({keys}): {state}"
        );
        let console = page.is_unharmed().await?;
        ensure!(
            console.len() == 1
                && console[0].contains(named)
                && console[0].contains("new na(apiKey"),
            "new na({keys}): {console:?}"
        );
        let problems = state["problems"].as_array().map_or(0, Vec::len);
        ensure!(problems == 1, "new na({keys}): {state}");
    }
    ensure!(server.recorded().is_empty() && server.preflights() == 0);
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    let ready: bool = page
        .run("return await new na().ready;", Value::Null)
        .await?;
    ensure!(!ready && page.is_unharmed().await?.len() == 1);
    Ok(())
}

/// The call, and what its error must name in addition to the method.
const WRONG: &[(&str, &str)] = &[
    ("setAccountId({})", "accountId"),
    ("setAccountId('')", "accountId"),
    ("setAccountId()", "accountId"),
    ("setUserId({ id: 1 })", "userId"),
    ("setUserId([])", "userId"),
    ("setUserId('   ')", "userId"),
    ("setUserId(true)", "userId"),
    ("setUserId(NaN)", "userId"),
    ("setUserId(Symbol('u'))", "userId"),
    ("setUserId(() => 'u')", "userId"),
    ("setUserId('x'.repeat(257))", "userId"),
    ("setUserId('x'.repeat(10_000_000))", "userId"),
    ("setProductId('')", "productId"),
    ("setProductId({})", "productId"),
    ("setModuleId('')", "moduleId"),
    (
        "setModuleId(new Proxy({}, { get() { throw new Error('trap'); } }))",
        "moduleId",
    ),
    ("identifyAccount()", "accountId"),
    ("identifyAccount('', { name: 'x' })", "accountId"),
    ("identifyUser(null)", "userId"),
    ("identifyUser({})", "userId"),
    ("identifyUser('bob', 'text')", "details"),
    ("identifyUser('bob', [1])", "details"),
    (
        "identifyUser('bob', { text: 'x'.repeat(17_000) })",
        "details",
    ),
    ("sendFeatureEvent()", "feature"),
    ("sendFeatureEvent({})", "feature"),
    ("sendFeatureEvent('')", "feature"),
    ("sendFeatureEvent('   ')", "feature"),
    ("sendFeatureEvent('f', NaN)", "total"),
    ("sendFeatureEvent('f', Infinity)", "total"),
    ("sendFeatureEvent('f', '3')", "total"),
    ("sendFeatureEvent('f', { total: NaN })", "total"),
    ("sendFeatureEvent('f', { total: {} })", "total"),
    ("sendFeatureEvent('f', { module: {} })", "module"),
    ("sendFeatureEvent('f', { product: '' })", "product"),
    ("sendFeatureEvent('f', { details: 'text' })", "details"),
    (
        "sendFeatureEvent('f', new Proxy({}, { get() { throw new Error('trap'); } }))",
        "",
    ),
    ("sendModuleEvent('m')", "timeSpent"),
    ("sendModuleEvent('m', NaN)", "timeSpent"),
    ("sendModuleEvent('m', -1)", "timeSpent"),
    ("sendModuleEvent('m', '5')", "timeSpent"),
    ("sendModuleEvent('', 5)", "module"),
    ("sendModuleEvent('m', 5, { product: {} })", "product"),
    ("sendModuleEvent('m', 5, 'text')", "options"),
    ("trackPageView(5)", ""),
    ("trackPageView({ url: 5 })", "url"),
    ("trackPageView({ title: {} })", "title"),
];

async fn a_wrong_argument_is_refused_and_changes_nothing(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    // The same message is reported at most once a second, by this clock.
    site.put_html(
        "/clock.html",
        "<!doctype html><title>clock</title><script src=/watch.js></script>
         <script>
           const { now } = Performance.prototype;
           let ahead = 0;
           Performance.prototype.now = function () { return now.call(this) + ahead; };
           window.aSecondLater = () => { ahead += 1000; };
         </script>
         <script type=module>
           import { na } from '/pkg/inline.js';
           window.na = na;
         </script>",
    );
    let page = stage.open(&site, "/clock.html").await?;
    page.until("window.na").await?;
    page.track(server.url(), &source(), json!({})).await?;
    page.act(
        "await _na.ready; _na.setProductId('freight'); _na.setModuleId('reports');",
        Value::Null,
    )
    .await?;
    for &(call, argument) in WRONG {
        let what = || format!("_na.{call}");
        let outcome: Value = page
            .run(
                &format!(
                    "const state = () => [_na.getAccountId(), _na.getUserId(), _na.getModuleId(),
                       _na.getProductId(), _na.getSessionId(), _na.stats().accepted];
                     trouble.console.length = problems.length = 0;
                     aSecondLater();
                     const before = [state(), _na.stats().dropped.invalid];
                     const returned = _na.{call};
                     await Promise.resolve(); await Promise.resolve();
                     return {{ returned, before, after: [state(), _na.stats().dropped.invalid - 1],
                              problems, console: trouble.console }};"
                ),
                Value::Null,
            )
            .await
            .with_context(what)?;
        ensure!(
            outcome["before"] == outcome["after"],
            "{}: {outcome}",
            what()
        );
        ensure!(outcome["returned"].is_null(), "{}: {outcome}", what());
        let method = call.split('(').next().unwrap_or_default();
        let console = outcome["console"].as_array().context("an array")?;
        let error = console.first().and_then(Value::as_str).unwrap_or_default();
        ensure!(
            console.len() == 1
                && error.contains(method)
                && error.contains(argument)
                && error.contains("must be"),
            "{} was not told clearly and once: {console:?}",
            what()
        );
        ensure!(
            outcome["problems"]
                .as_array()
                .is_some_and(|all| all.len() == 1)
                && outcome["problems"][0]["code"] == "invalid_argument"
                && outcome["problems"][0]["dropped"] == 0
                && outcome["problems"][0]["message"]
                    .as_str()
                    .is_some_and(|m| error.contains(m)),
            "{}: {outcome}",
            what()
        );
    }
    // And right calls still work.
    page.act(
        "_na.sendFeatureEvent('right'); await _na.flush();",
        Value::Null,
    )
    .await?;
    let recorded = server.recorded();
    let lines = recorded
        .iter()
        .map(|request| request.lines())
        .collect::<Result<Vec<_>>>()?;
    let lines: Vec<Value> = lines
        .concat()
        .into_iter()
        .filter(|line| line["action"] != "moduleEnd")
        .collect();
    ensure!(
        lines.len() == 1 && lines[0]["feature"] == "right",
        "{lines:?}"
    );
    ensure!(
        lines[0]["module"] == "reports" && lines[0]["product"] == "freight",
        "{lines:?}"
    );
    page.is_unharmed().await.map(drop)
}

async fn a_wrong_setting_is_named_and_the_default_used(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    for setting in [
        "accountId: {}",
        "userId: ''",
        "trackUnload: 'yes'",
        "sessionTimeout: NaN",
        "idleTimeout: -1",
        "flushInterval: '5'",
        "batchSize: 0",
        "maxQueueBytes: Infinity",
        "persistence: 'disk'",
        "consent: true",
        "cookiePrefix: 'a; b'",
        "debugUrl: 5",
        "beforeSend: 'text'",
        "onError: {}",
        "noSuchSetting: 1",
    ] {
        let name = setting.split(':').next().unwrap_or_default();
        let outcome: Value = page
            .run(
                &format!(
                    "trouble.console.length = 0;
                     const _na = new na('api', 'auth', {{ endpoint: args, {setting} }});
                     const ready = await _na.ready;
                     _na.setAccountId('acme'); _na.setUserId('ann'); _na.sendFeatureEvent('f');
                     const {{ delivered }} = await _na.flush();
                     _na.shutdown();
                     return {{ ready, delivered, console: trouble.console }};"
                ),
                json!(server.url()),
            )
            .await
            .with_context(|| setting.to_owned())?;
        ensure!(outcome["ready"] == true, "{setting}: {outcome}");
        ensure!(
            outcome["delivered"].as_u64() >= Some(1),
            "{setting}: {outcome}"
        );
        let console = outcome["console"].as_array().context("an array")?;
        ensure!(
            console.len() == 1
                && console[0]
                    .as_str()
                    .is_some_and(|error| error.contains(name)),
            "{setting}: {console:?}"
        );
    }
    page.is_unharmed().await.map(drop)
}

async fn an_on_error_that_throws_harms_nothing(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    let delivered: u32 = page
        .run(
            "const _na = new na('api', 'auth', { endpoint: args, accountId: 'acme', userId: 'ann',
               trackPageViews: false, onError() { throw new Error('in onError'); } });
             await _na.ready;
             _na.setModuleId({}); _na.sendFeatureEvent('f');
             return (await _na.flush()).delivered;",
            json!(server.url()),
        )
        .await?;
    ensure!(delivered == 1, "{delivered}");
    ensure!(page.is_unharmed().await?.len() == 1);
    Ok(())
}
