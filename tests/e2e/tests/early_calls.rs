//! Calls made before the wasm is there.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    calls_before_the_wasm_is_there_lose_nothing_and_keep_their_time,
    a_wasm_that_cannot_be_loaded_is_reported_once_and_harms_nothing,
    calls_of_a_page_that_was_left_before_its_wasm_was_there_are_made_by_the_next,
    calls_of_a_page_whose_wasm_failed_are_made_by_the_next_healthy_one,
    calls_of_a_page_that_cleared_its_storage_and_was_left_are_made_by_the_next,
    a_wasm_that_comes_late_is_tried_again_and_no_call_is_lost,
    a_host_that_comes_late_is_tried_again_and_no_call_is_lost,
    pages_without_wasm_leave_no_more_than_the_bound_and_the_newest_calls,
);

/// Pages that are opened one after the other, more than the bound has room for.
const PAGES: usize = 24;

async fn pages_without_wasm_leave_no_more_than_the_bound_and_the_newest_calls(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let left = "return Object.entries(localStorage).filter(([key]) => key.startsWith('na_c'));";
    let page = stage.open(&site, "/esm.html").await?;
    for number in 0..PAGES {
        page.until("window.na").await?;
        // Stored when the task ends, whatever becomes of the wasm.
        page.act(
            "const _na = new na('api', 'auth', { maxStoredBytes: 60_000, endpoint: args.endpoint });
             for (let i = 0; i < 40; i++) _na.sendFeatureEvent(`page ${args.number}`);
             await new Promise((go) => setTimeout(go));",
            json!({ "number": number, "endpoint": collector.url() }),
        )
        .await?;
        let left: Vec<(String, String)> = page.run(left, Value::Null).await?;
        let bytes: usize = left.iter().map(|(_, calls)| calls.len()).sum();
        ensure!(bytes <= 60_000, "{bytes} bytes after page {number}");
        stage.browser().await?.client().refresh().await?;
    }
    let kept: Vec<(String, String)> = page.run(left, Value::Null).await?;
    ensure!(kept.len() > 3, "only {} pages are kept", kept.len());
    for number in PAGES - kept.len()..PAGES {
        let feature = format!("\"page {number}\"");
        ensure!(
            kept.iter().any(|(_, calls)| calls.contains(&feature)),
            "older calls are kept than those of page {number}"
        );
    }
    // Of more pages than may leave calls the oldest go, and what is older than
    // anybody waits for.
    let aged: String = page
        .run(
            "const name = Object.keys(localStorage).find((key) => key.startsWith('na_c'));
             const aged = name.slice(0, name.lastIndexOf('.') + 1) + (Date.now() - 40 * 86_400_000);
             localStorage.setItem(aged, localStorage.getItem(name));
             localStorage.removeItem(name);
             for (let i = 1; i <= 80; i++)
               localStorage.setItem(name.slice(0, name.lastIndexOf('.') + 1) + (Date.now() - i * 1000), '{}');
             return aged;",
            Value::Null,
        )
        .await?;
    page.until("window.na").await?;
    page.act(
        "const _na = new na('api', 'auth', { endpoint: args });
         _na.sendFeatureEvent('new');
         await new Promise((go) => setTimeout(go));",
        json!(collector.url()),
    )
    .await?;
    let is_kept: bool = page
        .run("return localStorage.getItem(args) !== null;", json!(aged))
        .await?;
    ensure!(!is_kept, "calls of 40 days ago are kept");
    let kept: Vec<(String, String)> = page.run(left, Value::Null).await?;
    ensure!(kept.len() == 50, "{} pages are kept", kept.len());
    Ok(())
}

async fn calls_of_a_page_that_was_left_before_its_wasm_was_there_are_made_by_the_next(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let (_, called) = twenty_calls(stage, &site, &collector).await?;
    stage.open(&site, "/blank.html").await?;
    ensure!(
        collector_is_empty(&collector)?,
        "something was sent without the wasm"
    );
    hold.release();
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

async fn calls_of_a_page_that_cleared_its_storage_and_was_left_are_made_by_the_next(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let (page, called) = twenty_calls(stage, &site, &collector).await?;
    // In another task than the calls, as at a sign-out.
    let is_empty: bool = page
        .run(
            "localStorage.clear(); return localStorage.length === 0;",
            Value::Null,
        )
        .await?;
    ensure!(is_empty, "something was stored again at once");
    stage.open(&site, "/blank.html").await?;
    hold.release();
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

async fn calls_of_a_page_whose_wasm_failed_are_made_by_the_next_healthy_one(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let hold = site.hold(".wasm");
    let (page, called) = twenty_calls(stage, &site, &collector).await?;
    hold.release();
    let ready: bool = page.run("return await _na.ready;", Value::Null).await?;
    ensure!(!ready, "a tracker without wasm said that it is ready");
    site.remove("/pkg/natero.wasm");
    made_up_by_the_next_page(stage, &site, &collector, called).await
}

/// A page that has called twenty features in a module, and the time by when it had.
async fn twenty_calls<'a>(
    stage: &'a Stage,
    site: &Site,
    collector: &Collector,
) -> Result<(Page<'a>, i64)> {
    let page = stage.open(site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act(
        "_na.setModuleId('dashboard'); for (let i = 0; i < 20; i++) _na.sendFeatureEvent('f' + i);",
        Value::Null,
    )
    .await?;
    let called = page.run("return Date.now();", Value::Null).await?;
    Ok((page, called))
}

/// All twenty features arrive, each once, with the module and the time of their call.
async fn made_up_by_the_next_page(
    stage: &Stage,
    site: &Site,
    collector: &Collector,
    called: i64,
) -> Result<()> {
    let page = stage.open(site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(
        collector.url(),
        collector.source(),
        json!({ "sessionSyncInterval": 500 }),
    )
    .await?;
    let rows = until_events(collector, "twenty features", |rows| {
        rows.iter().filter(|row| row.action == "feature").count() >= 20
    })
    .await?;
    let mut features: Vec<_> = rows.iter().filter(|row| row.action == "feature").collect();
    features.sort_by_key(|row| row.seq);
    for (at, row) in features.iter().enumerate() {
        ensure!(row.feature == Some(format!("f{at}")), "{row:?}");
        ensure!(row.module.as_deref() == Some("dashboard"), "{row:?}");
        ensure!(row.created_at <= called, "{row:?}");
    }
    ensure!(features.len() == 20, "{} features", features.len());
    let left: Value = page
        .run(
            "await _na.flush(); return Object.keys(localStorage).filter((key) => /^na_[cq]\\d/.test(key));",
            Value::Null,
        )
        .await?;
    ensure!(left == json!([]), "left in storage: {left}");
    page.is_untroubled().await
}

async fn calls_before_the_wasm_is_there_lose_nothing_and_keep_their_time(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    // Everything by calls: no identity in the settings either.
    page.track(
        collector.url(),
        collector.source(),
        json!({ "accountId": null, "userId": null }),
    )
    .await?;
    site.until_requested(".wasm").await?;
    let calls = [
        "_na.setAccountId('acme'); _na.setUserId('ann@acme.example');",
        "_na.setProductId('freight'); _na.setModuleId('dashboard');",
        "_na.sendFeatureEvent('first', 2);",
        "_na.setModuleId('reports');",
        "_na.sendFeatureEvent('second', { details: { n: 1 } });",
        "_na.sendModuleEvent('import', 500);",
        "_na.identifyUser('ann@acme.example', { first_name: 'Ann' });",
        "window.flushed = _na.flush();",
    ];
    // Before and after each call, by the wall clock and by the monotonic one.
    let mut times: Vec<(i64, i64)> = Vec::new();
    let mut ticks: Vec<(f64, f64)> = Vec::new();
    for call in calls {
        let (before, after): ((i64, f64), (i64, f64)) = page
            .run(
                &format!(
                    "const clocks = () => [Date.now(), performance.now()];
                     const before = clocks(); {call} return [before, clocks()];"
                ),
                Value::Null,
            )
            .await?;
        times.push((before.0, after.0));
        ticks.push((before.1, after.1));
        page.let_pass(120).await?;
    }
    let released_at: i64 = page
        .run("window.early = _na.ready; return Date.now();", Value::Null)
        .await?;
    ensure!(
        collector_is_empty(&collector)?,
        "something was sent without the wasm"
    );
    hold.release();
    let ready: bool = page.run("return await early;", Value::Null).await?;
    ensure!(ready, "the tracker is off");
    let flushed: Value = page.run("return await flushed;", Value::Null).await?;
    ensure!(
        flushed["pending"] == 0 && flushed["rejected"] == 0,
        "{flushed}"
    );
    page.deliver().await?;

    let rows = until_events(&collector, "five events", |rows| rows.len() >= 5).await?;
    let made: Vec<_> = rows
        .iter()
        .map(|row| {
            let name = row
                .feature
                .as_deref()
                .or(row.module.as_deref())
                .unwrap_or("-");
            (row.action.as_str(), name, row.seq.unwrap_or(-1))
        })
        .collect();
    ensure!(
        made == [
            ("feature", "first", 0),
            ("moduleEnd", "dashboard", 1),
            ("feature", "second", 2),
            ("moduleEnd", "import", 3),
            ("identifyUser", "-", 4),
        ],
        "{made:?}"
    );
    for (row, call) in rows.iter().zip([2, 3, 4, 5, 6]) {
        let (before, after) = times[call];
        ensure!(
            (before..=after).contains(&row.created_at) && row.created_at < released_at,
            "{} of call {call} says {}, the call was made in {before}..={after}",
            row.action,
            row.created_at
        );
        ensure!(
            row.account_id == "acme" && row.user_id == "ann@acme.example",
            "{row:?}"
        );
    }
    ensure!(rows[0].product.as_deref() == Some("freight") && rows[0].total == Some(2.0));
    ensure!(rows[0].module.as_deref() == Some("dashboard"), "{rows:?}");
    ensure!(rows[2].module.as_deref() == Some("reports"), "{rows:?}");
    ensure!(rows[2].details == Some(json!({ "n": 1 })), "{rows:?}");
    ensure!(rows[3].time_spent == Some(500), "{rows:?}");
    // The module was open from the call that set it to the call that left it.
    // Up to 1 ms more: parts of a ms are told with the next whole one.
    let open = (ticks[3].0 - ticks[1].1) as i64..=(ticks[3].1 - ticks[1].0) as i64 + 1;
    ensure!(
        rows[1].time_spent.is_some_and(|ms| open.contains(&ms)),
        "{open:?} {:?}",
        rows[1]
    );
    page.is_untroubled().await
}

const NOT_FOUND: &str = "<!doctype html><title>not found</title>";

/// Answers with a page of HTML in place of the wasm, as a server does that has one for
/// everything, and in place of what stands in for a wasm that fails.
fn lose_wasm(site: &Site) {
    for path in ["/pkg/natero.wasm", "/pkg/ladder.js"] {
        site.put_html(path, NOT_FOUND);
    }
}

fn collector_is_empty(collector: &Collector) -> Result<bool> {
    Ok(natero_e2e::rows::events(&collector.db())?.is_empty())
}

async fn a_wasm_that_cannot_be_loaded_is_reported_once_and_harms_nothing(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    lose_wasm(&site);
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act(
        "_na.setModuleId('dashboard'); _na.sendFeatureEvent('early');",
        Value::Null,
    )
    .await?;
    let ready: bool = page.run("return await _na.ready;", Value::Null).await?;
    ensure!(!ready, "a tracker without wasm said that it is ready");
    let after: Value = page
        .run(
            "_na.sendFeatureEvent('late'); _na.setUserId('bob');
             return { flushed: await _na.flush(), stats: _na.stats(), problems };",
            Value::Null,
        )
        .await?;
    ensure!(after["flushed"]["delivered"] == 0, "{after}");
    let console = page.is_unharmed().await?;
    ensure!(
        console.len() == 1
            && console[0].contains("natero")
            && console[0].contains("could not be loaded"),
        "one clear error was expected: {console:?}"
    );
    ensure!(
        after["problems"]
            .as_array()
            .is_some_and(|all| all.len() == 1),
        "{after}"
    );
    ensure!(collector_is_empty(&collector)?);
    Ok(())
}

async fn a_wasm_that_comes_late_is_tried_again_and_no_call_is_lost(stage: &Stage) -> Result<()> {
    comes_late(stage, "natero.wasm").await
}

/// Browsers remember that a module could not be loaded.
async fn a_host_that_comes_late_is_tried_again_and_no_call_is_lost(stage: &Stage) -> Result<()> {
    comes_late(stage, "host.js").await
}

async fn comes_late(stage: &Stage, file: &str) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    // A server that is being set up anew.
    let path = format!("/pkg/{file}");
    if file == "natero.wasm" {
        lose_wasm(&site);
    } else {
        site.put_html(&path, NOT_FOUND);
    }
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    let stats: Value = page
        .run(
            "_na.ready.then((ready) => { window.settled = ready; });
             for (let i = 0; i < 3; i += 1) _na.sendFeatureEvent('early');
             return _na.stats();",
            Value::Null,
        )
        .await?;
    ensure!(stats["pending"] == 3, "{stats}");
    natero_e2e::wait::until_true("a second try", async || Ok(site.requested(file) >= 2)).await?;
    site.remove(&path);
    page.act("_na.sendFeatureEvent('later');", Value::Null)
        .await?;
    page.until("window.settled !== undefined").await?;
    // It may have been said that it could not be loaded so far.
    page.until("_na.stats().accepted >= 4").await?;
    let stats = page.deliver().await?;
    ensure!(stats["delivered"] == 4, "{stats}");
    page.is_unharmed().await.map(drop)
}
