//! A collector that fails, and then does not: nothing else is lost.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::page::Page;
use natero_e2e::rows::{events, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use natero_e2e::wait;
use serde_json::{Value, json};

natero_e2e::suite!(
    unknown_keys_cost_their_batch_and_are_reported,
    a_batch_too_large_is_halved_until_it_fits,
    an_event_too_large_alone_is_dropped_and_its_neighbours_kept,
    a_500_is_tried_again_until_it_is_taken,
    retry_after_is_obeyed,
    what_one_tab_was_told_to_wait_all_tabs_and_new_pages_wait,
    garbage_in_place_of_http_is_tried_again,
    an_answer_that_makes_no_sense_harms_nothing,
    the_page_of_a_network_that_wants_a_sign_in_is_no_answer,
    a_collector_that_is_not_there_gets_everything_once_it_is,
    a_slow_collector_holds_up_nothing,
    a_lost_answer_doubles_nothing_in_the_collector,
    a_redeploy_that_answers_4xx_for_a_moment_costs_nothing,
    a_browser_that_is_wrong_about_the_network_delivers,
    a_policy_that_forbids_the_collector_is_told_of_once,
);

struct Tracked<'a> {
    server: FaultServer,
    page: Page<'a>,
    site: Site,
}

async fn start<'a>(stage: &'a Stage, server: FaultServer, source: &Source) -> Result<Tracked<'a>> {
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    page.track(
        server.url(),
        source,
        json!({ "flushInterval": 50, "compress": false }),
    )
    .await?;
    page.act("await _na.ready;", Value::Null).await?;
    Ok(Tracked { server, page, site })
}

/// Keys that no collector knows.
fn source() -> Source {
    Source {
        auth_key: "auth".into(),
        api_key: "api".into(),
    }
}

async fn scripted(stage: &Stage, answers: impl IntoIterator<Item = Answer>) -> Result<Tracked<'_>> {
    let server = FaultServer::start().await?;
    server.script(answers);
    start(stage, server, &source()).await
}

impl Tracked<'_> {
    /// Makes feature events of these names in one task.
    async fn make(&self, names: &[&str]) -> Result<()> {
        self.page
            .act(
                "for (const name of args) _na.sendFeatureEvent(name);",
                json!(names),
            )
            .await
    }

    /// Waits until the page counts this many delivered events, and returns
    /// its counters.
    async fn until_delivered(&self, count: u64) -> Result<Value> {
        let mut last = Value::Null;
        wait::until(&format!("{count} delivered events"), async || {
            last = self.page.run("return _na.stats();", Value::Null).await?;
            Ok((last["delivered"].as_u64() == Some(count)).then(|| last.clone()))
        })
        .await
        .with_context(|| format!("the counters are {last}"))
    }

    /// The features of each request's lines.
    fn sent(&self) -> Result<Vec<Vec<String>>> {
        self.server
            .recorded()
            .iter()
            .map(|request| {
                let lines = request.lines()?;
                Ok(lines
                    .iter()
                    .map(|line| line["feature"].as_str().unwrap_or("-").to_owned())
                    .collect())
            })
            .collect()
    }

    /// Asserts that each of these features is one event, however often it was sent.
    fn each_is_one_event(&self, names: &[&str]) -> Result<()> {
        let lines: Vec<Value> = self
            .server
            .recorded()
            .iter()
            .map(|request| request.lines())
            .collect::<Result<Vec<_>>>()?
            .concat();
        let made: BTreeSet<(String, String)> = lines
            .iter()
            .map(|line| (line["feature"].to_string(), line["event_id"].to_string()))
            .collect();
        ensure!(made.len() == names.len(), "{names:?} were sent as {made:?}");
        Ok(())
    }
}

async fn unknown_keys_cost_their_batch_and_are_reported(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let tracked = start(stage, server, &source()).await?;
    let page = &tracked.page;
    tracked.make(&["a", "b"]).await?;
    let flushed: Value = page
        .run(
            "return [await _na.flush(), _na.stats(), problems];",
            Value::Null,
        )
        .await?;
    ensure!(
        flushed[0] == json!({ "delivered": 0, "pending": 0, "rejected": 2 }),
        "{flushed}"
    );
    ensure!(flushed[1]["dropped"]["rejected"] == 2, "{flushed}");
    ensure!(flushed[2][0]["dropped"] == 2, "{flushed}");
    let console = page.is_unharmed().await?;
    ensure!(
        console.len() == 1 && console[0].contains("401") && console[0].contains("authKey"),
        "{console:?}"
    );
    ensure!(events(&collector.db())?.is_empty());

    tracked.server.otherwise(Answer::Accept);
    tracked.make(&["c"]).await?;
    tracked.until_delivered(1).await?;
    ensure!(
        tracked.sent()? == [vec!["a", "b"], vec!["c"]],
        "{:?}",
        tracked.sent()?
    );
    Ok(())
}

async fn a_batch_too_large_is_halved_until_it_fits(stage: &Stage) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(413), Answer::status(413)]).await?;
    let names = ["a", "b", "c", "d"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(4).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    let sizes: Vec<usize> = tracked.sent()?.iter().map(Vec::len).collect();
    ensure!(sizes[..3] == [4, 2, 1] && sizes.len() > 3, "{sizes:?}");
    tracked.each_is_one_event(&names)?;
    tracked.page.is_untroubled().await
}

async fn an_event_too_large_alone_is_dropped_and_its_neighbours_kept(stage: &Stage) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(413), Answer::status(413)]).await?;
    tracked.make(&["huge", "kept"]).await?;
    let stats = tracked.until_delivered(1).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["too_large"] == 1,
        "{stats}"
    );
    ensure!(
        tracked.sent()? == [vec!["huge", "kept"], vec!["huge"], vec!["kept"]],
        "{:?}",
        tracked.sent()?
    );
    let problems: Value = tracked.page.run("return problems;", Value::Null).await?;
    ensure!(
        problems[0]["dropped"] == 1 && problems[0]["code"] == "too_large",
        "{problems}"
    );
    let console = tracked.page.is_unharmed().await?;
    ensure!(
        console.len() == 1 && console[0].contains("413"),
        "{console:?}"
    );
    Ok(())
}

async fn a_500_is_tried_again_until_it_is_taken(stage: &Stage) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(500), Answer::status(503)]).await?;
    let names = ["a", "b", "c"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(3).await?;
    ensure!(
        stats["retries"].as_u64() >= Some(2) && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    ensure!(tracked.sent()?.len() == 3, "{:?}", tracked.sent()?);
    tracked.each_is_one_event(&names)?;
    tracked.page.is_unharmed().await.map(drop)
}

async fn retry_after_is_obeyed(stage: &Stage) -> Result<()> {
    let patience = Answer::status(429).with_header("retry-after", "2");
    let tracked = scripted(stage, [patience]).await?;
    tracked.make(&["a"]).await?;
    tracked.until_delivered(1).await?;
    let recorded = tracked.server.recorded();
    ensure!(recorded.len() == 2, "{recorded:?}");
    let waited = recorded[1].at - recorded[0].at;
    ensure!(
        waited >= Duration::from_millis(1990),
        "came back after {waited:?}"
    );
    tracked.page.is_unharmed().await.map(drop)
}

async fn what_one_tab_was_told_to_wait_all_tabs_and_new_pages_wait(stage: &Stage) -> Result<()> {
    const TRY: &str = "_na.sendFeatureEvent(args); return await _na.flush();";
    let patience = Answer::status(503).with_header("retry-after", "600");
    let tracked = scripted(stage, [patience]).await?;
    let browser = stage.browser().await?;
    let told = Tab::current(browser).await?;
    let settings = json!({ "flushInterval": 50 });
    let track = async |page: &Page<'_>| {
        page.until("window.na").await?;
        page.track(tracked.server.url(), &source(), settings.clone())
            .await?;
        page.act("await _na.ready;", Value::Null).await
    };
    let living = Tab::open(browser).await?;
    let page = living.goto(&tracked.site.url("/inline.html")).await?;
    track(&page).await?;
    // The tracker listens before this, and hears of it first.
    page.act(
        "addEventListener('storage', () => { window.heard = true; });",
        Value::Null,
    )
    .await?;
    told.front().await?;
    tracked.make(&["a"]).await?;
    tracked.server.until_recorded(1).await?;
    let page = living.front().await?;
    page.until("window.heard").await?;
    let outcome: Value = page.run(TRY, json!("b")).await?;
    ensure!(outcome["pending"] == 1, "{outcome}");

    let page = living.goto(&tracked.site.url("/inline.html")).await?;
    track(&page).await?;
    let outcome: Value = page.run(TRY, json!("c")).await?;
    ensure!(outcome["delivered"] == 0, "{outcome}");
    let recorded = tracked.server.recorded();
    ensure!(recorded.len() == 1, "{recorded:?}");
    page.is_unharmed().await?;
    living.close(&told).await?;
    tracked.page.is_unharmed().await.map(drop)
}

async fn garbage_in_place_of_http_is_tried_again(stage: &Stage) -> Result<()> {
    let garbage = Answer::Raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n".to_vec());
    let tracked = scripted(stage, [garbage, Answer::Reset]).await?;
    let names = ["a", "b"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(2).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    tracked.each_is_one_event(&names)?;
    tracked.page.is_unharmed().await.map(drop)
}

async fn the_page_of_a_network_that_wants_a_sign_in_is_no_answer(stage: &Stage) -> Result<()> {
    let sign_in = Answer::garbage("<!doctype html><title>Sign in to the network</title>");
    let tracked = scripted(stage, [sign_in]).await?;
    tracked.make(&["a"]).await?;
    let stats = tracked.until_delivered(1).await?;
    ensure!(
        stats["requests"] == 2 && stats["retries"] == 1,
        "it was taken for an answer: {stats}"
    );
    tracked.each_is_one_event(&["a"])?;
    tracked.page.is_unharmed().await.map(drop)
}

async fn an_answer_that_makes_no_sense_harms_nothing(stage: &Stage) -> Result<()> {
    for body in [
        "<!doctype html><title>Sign in to the network</title>",
        "",
        "null",
        "[]",
        r#"{"accepted":"many","rejected":"all"}"#,
        r#"{"accepted":1,"rejected":[null,7,{"line":"x"}]}"#,
        "{\"accepted\":",
    ] {
        let tracked = scripted(stage, [Answer::garbage(body)]).await?;
        tracked.make(&["a"]).await?;
        tracked.server.until_recorded(1).await?;
        tracked.make(&["b"]).await?;
        let stats = tracked
            .page
            .deliver()
            .await
            .with_context(|| format!("after {body:?}"))?;
        ensure!(
            stats["accepted"].as_u64()
                == Some(
                    stats["delivered"].as_u64().unwrap_or_default()
                        + stats["dropped"]["total"].as_u64().unwrap_or_default()
                ),
            "{body:?}: {stats}"
        );
        let sent = tracked.sent()?.concat();
        ensure!(sent.contains(&"b".to_owned()), "{body:?}: {sent:?}");
        tracked
            .page
            .is_unharmed()
            .await
            .with_context(|| format!("after {body:?}"))?;
    }
    Ok(())
}

async fn a_collector_that_is_not_there_gets_everything_once_it_is(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    server.set_down(true);
    let tracked = start(stage, server, collector.source()).await?;
    tracked.make(&["a", "b", "c"]).await?;
    let flushed: Value = tracked
        .page
        .run("return await _na.flush();", Value::Null)
        .await?;
    ensure!(
        flushed == json!({ "delivered": 0, "pending": 3, "rejected": 0 }),
        "{flushed}"
    );
    tracked.make(&["d"]).await?;
    tracked.server.set_down(false);
    let stats = tracked.until_delivered(4).await?;
    ensure!(stats["dropped"]["total"] == 0, "{stats}");
    let rows = until_events(&collector, "four events", |rows| rows.len() == 4).await?;
    let features: Vec<_> = rows
        .iter()
        .filter_map(|row| row.feature.as_deref())
        .collect();
    ensure!(features == ["a", "b", "c", "d"], "{features:?}");
    let seqs: Vec<_> = rows.iter().filter_map(|row| row.seq).collect();
    ensure!(seqs == [0, 1, 2, 3], "{seqs:?}");
    tracked.page.is_unharmed().await.map(drop)
}

async fn a_slow_collector_holds_up_nothing(stage: &Stage) -> Result<()> {
    let (hold, slow) = Answer::Accept.held();
    let tracked = scripted(stage, [slow]).await?;
    tracked.make(&["a"]).await?;
    tracked.server.until_recorded(1).await?;
    tracked.make(&["b", "c"]).await?;
    let waiting: Value = tracked.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        waiting["pending"] == 3 && waiting["delivered"] == 0,
        "{waiting}"
    );
    hold.release();
    tracked.until_delivered(3).await?;
    ensure!(
        tracked.sent()?.concat() == ["a", "b", "c"],
        "{:?}",
        tracked.sent()?
    );
    tracked.page.is_untroubled().await
}

async fn a_lost_answer_doubles_nothing_in_the_collector(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    server.script([Answer::ForwardThenReset]);
    let tracked = start(stage, server, collector.source()).await?;
    tracked.make(&["a", "b"]).await?;
    let stats = tracked.until_delivered(2).await?;
    ensure!(stats["accepted"] == 2, "{stats}");
    ensure!(
        tracked.sent()?.len() >= 2,
        "the batch was not sent again: {:?}",
        tracked.sent()?
    );
    let rows = events(&collector.db())?;
    ensure!(rows.len() == 2, "{rows:#?}");
    tracked.page.is_unharmed().await.map(drop)
}

async fn a_redeploy_that_answers_4xx_for_a_moment_costs_nothing(stage: &Stage) -> Result<()> {
    for statuses in [[404, 403], [405, 421], [423, 425]] {
        let tracked = scripted(stage, statuses.map(Answer::status)).await?;
        let names = ["a", "b"];
        tracked.make(&names).await?;
        let stats = tracked.until_delivered(2).await?;
        ensure!(stats["dropped"]["total"] == 0, "{statuses:?}: {stats}");
        tracked.each_is_one_event(&names)?;
        tracked.page.is_unharmed().await?;
    }
    Ok(())
}

/// A page that runs a script before it loads the tracker.
fn host_page(head: &str) -> String {
    format!(
        r#"<!doctype html>
<html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>page</title>
{head}<script src="/watch.js"></script>
<script type="module">
  import {{ na }} from "/pkg/inline.js";
  window.na = na;
</script></head><body></body></html>"#
    )
}

async fn a_browser_that_is_wrong_about_the_network_delivers(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let head = "<script>Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });
                dispatchEvent(new Event('offline'));</script>";
    site.put_html("/offline", host_page(head));
    let page = stage.open(&site, "/offline").await?;
    page.until("window.na").await?;
    page.track(server.url(), &source(), json!({ "flushInterval": 50 }))
        .await?;
    page.act("_na.sendFeatureEvent('a');", Value::Null).await?;
    page.until("_na.stats().delivered === 1").await?;
    let flushed: Value = page
        .run(
            "dispatchEvent(new Event('offline')); _na.sendFeatureEvent('b');
             return await _na.flush();",
            Value::Null,
        )
        .await?;
    ensure!(flushed["delivered"] == 1, "{flushed}");
    page.is_untroubled().await
}

async fn a_policy_that_forbids_the_collector_is_told_of_once(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let head = "<meta http-equiv='content-security-policy' content=\"connect-src 'self'\">
                <script src='/virtual.js'></script>";
    site.put_html("/strict", host_page(head));
    let page = stage.open(&site, "/strict").await?;
    page.until("window.na").await?;
    page.track(server.url(), &source(), json!({})).await?;
    page.act("await _na.ready; _na.sendFeatureEvent('a');", Value::Null)
        .await?;
    page.act(
        "window.passed = false; pass(600_000).then(() => { window.passed = true; });",
        Value::Null,
    )
    .await?;
    page.until("window.passed").await?;
    let problems: Vec<Value> = page.run("return problems;", Value::Null).await?;
    ensure!(
        problems.len() == 1 && problems[0]["code"] == "unreachable",
        "{problems:?}"
    );
    let message = problems[0]["message"].as_str().unwrap_or_default();
    ensure!(message.contains("connect-src"), "{message}");
    let stats: Value = page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        stats["pending"] == stats["accepted"] && stats["pending"] != 0,
        "{stats}"
    );
    Ok(())
}
