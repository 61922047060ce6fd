//! Active time, in the collector's SQLite, against the clock of the page.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, events, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};

natero_e2e::suite!(
    idle_ends_all_timings_at_the_last_activity_and_is_told_once,
    real_input_keeps_the_page_from_being_idle,
    hidden_time_does_not_count,
    two_windows_in_sight_never_count_the_same_second,
    storage_events_stand_in_for_channels,
    // Its driver has no tabs that come to the front: a new one stays hidden.
    two_tabs_behind_each_other_never_count_the_same_second skipped in Webkit,
    page_views_follow_the_address,
    a_reload_ends_the_timings_once,
    leaving_for_another_site_ends_the_timings_once,
    a_page_that_was_kept_comes_back_with_a_page_view_and_time_adds_up,
    time_adds_up_whether_or_not_the_page_was_kept,
    track_unload_false_tells_nothing_when_the_page_is_hidden,
    track_page_views_false_makes_none_of_its_own,
);

/// Between the page's clock and the tracker's lie a few handlers of events,
/// and a machine that may be busy.
const SLACK_MS: i64 = 100;

struct Tracked<'a> {
    collector: Collector,
    site: Site,
    page: Page<'a>,
}

async fn start(stage: &Stage, settings: Value) -> Result<Tracked<'_>> {
    start_at(stage, "/one.html", settings).await
}

async fn start_at<'a>(stage: &'a Stage, first: &str, settings: Value) -> Result<Tracked<'a>> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    site.allow_caching();
    for path in ["/one.html", "/two.html"] {
        site.put_tracked(path, collector.url(), collector.source(), &settings);
    }
    let page = stage.open(&site, first).await?;
    page.until("window.tracking").await?;
    Ok(Tracked {
        collector,
        site,
        page,
    })
}

impl Tracked<'_> {
    /// Enters a module; returns how long the page was visible until then, in ms.
    async fn enter(&self, module: &str) -> Result<i64> {
        self.page
            .run(
                "_na.setModuleId(args); return Math.round(clock.seen());",
                json!(module),
            )
            .await
    }

    /// Ends the tracker of the page in front; returns how long the page was
    /// visible until then, in ms.
    async fn finish(&self) -> Result<i64> {
        self.page
            .run(
                "const seen = clock.seen(); _na.shutdown(); return Math.round(seen);",
                Value::Null,
            )
            .await
    }

    /// All events, once `enough` says so and no page has any left.
    async fn rows(
        &self,
        what: &str,
        enough: impl Fn(&[EventRow]) -> bool,
    ) -> Result<Vec<EventRow>> {
        let rows = until_events(&self.collector, what, enough).await?;
        let loss = self.collector.loss().await?;
        ensure!(loss["missing"] == 0, "{loss}");
        Ok(rows)
    }
}

fn sum(rows: &[EventRow], action: &str) -> i64 {
    of(rows, action)
        .map(|row| {
            row.time_spent
                .or(row.active_duration)
                .expect("a duration in an event that tells one")
        })
        .sum()
}

fn of<'r>(rows: &'r [EventRow], action: &'r str) -> impl Iterator<Item = &'r EventRow> {
    rows.iter().filter(move |row| row.action == action)
}

fn count(rows: &[EventRow], action: &str) -> usize {
    of(rows, action).count()
}

/// Stays active for so long; returns when the last activity was, in ms of the
/// page's clock.
const MOVE_FOR: &str = "
    const end = clock.seen() + args;
    let last;
    while (clock.seen() < end) {
      last = clock.seen();
      dispatchEvent(new MouseEvent('mousemove'));
      await new Promise((go) => setTimeout(go, 20));
    }
    return Math.round(last);";

async fn idle_ends_all_timings_at_the_last_activity_and_is_told_once(stage: &Stage) -> Result<()> {
    let tracked = start(
        stage,
        json!({ "idleTimeout": 1_500, "sessionSyncInterval": 400 }),
    )
    .await?;
    let page = &tracked.page;
    let entered = tracked.enter("reports").await?;
    let last: i64 = page.run(MOVE_FOR, json!(1500)).await?;
    // Idle begins, and goes on for a while.
    page.let_pass(3_000).await?;
    page.deliver().await?;
    let rows = tracked
        .rows("the idle spell", |rows| count(rows, "sessionIdle") > 0)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 1, "{rows:#?}");
    ensure!(count(&rows, "moduleEnd") == 1, "{rows:#?}");
    ensure!(
        count(&rows, "sessionSync") >= 3,
        "no sync but at the end: {rows:#?}"
    );
    // The page view goes on: an idle page is still in view.
    ensure!(count(&rows, "pageViewEnd") == 0, "{rows:#?}");
    for (action, expected) in [("moduleEnd", last - entered), ("sessionSync", last)] {
        let told = sum(&rows, action);
        ensure!(
            (told - expected).abs() <= SLACK_MS,
            "{action}: {told} ms, {expected} until the last activity: {rows:#?}"
        );
    }
    let session = &rows[0].session_id;
    ensure!(
        rows.iter().all(|row| row.session_id == *session),
        "idle is no new session: {rows:#?}"
    );

    // The next activity begins a new period, in the same module.
    let again: i64 = page
        .run(
            "const from = clock.seen();
             dispatchEvent(new MouseEvent('mousemove'));
             while (clock.seen() < from + 300) await new Promise((go) => setTimeout(go, 20));
             const more = clock.seen() - from;
             _na.shutdown();
             return Math.round(more);",
            Value::Null,
        )
        .await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "moduleEnd") == 2, "{rows:#?}");
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - last - again).abs() <= SLACK_MS,
            "{action}: {told} ms of {last} and {again}: {rows:#?}"
        );
    }
    page.is_untroubled().await
}

async fn real_input_keeps_the_page_from_being_idle(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "idleTimeout": 3_000 })).await?;
    let client = stage.browser().await?.client();
    tracked
        .page
        .act("_na.setModuleId('reports');", Value::Null)
        .await?;
    // Longer than the time of idleness, by the page's clock.
    let start: f64 = tracked
        .page
        .run("return clock.seen();", Value::Null)
        .await?;
    loop {
        client
            .find(fantoccini::Locator::Css("h1"))
            .await?
            .click()
            .await?;
        tracked.page.let_pass(150).await?;
        let now: f64 = tracked
            .page
            .run("return clock.seen();", Value::Null)
            .await?;
        if now - start > 4_500.0 {
            break;
        }
    }
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    ensure!(
        (sum(&rows, "pageViewEnd") - seen).abs() <= SLACK_MS,
        "{seen}: {rows:#?}"
    );
    Ok(())
}

async fn hidden_time_does_not_count(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let browser = stage.browser().await?;
    let page = &tracked.page;
    let entered = tracked.enter("reports").await?;
    for spell in 1..=2 {
        page.let_pass(300).await?;
        browser.hide().await?;
        let rows = tracked
            .rows("the timings so far", |rows| {
                count(rows, "pageViewEnd") == spell
            })
            .await?;
        ensure!(
            count(&rows, "moduleEnd") == spell && count(&rows, "sessionSync") == spell,
            "each timing ends once when the page is hidden: {rows:#?}"
        );
        page.let_pass(700).await?;
        browser.show().await?;
    }
    page.let_pass(300).await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 3)
        .await?;
    ensure!(count(&rows, "pageView") == 1, "{rows:#?}");
    ensure!(count(&rows, "sessionIdle") == 0, "{rows:#?}");
    for (action, expected) in [
        ("moduleEnd", seen - entered),
        ("sessionSync", seen),
        ("pageViewEnd", seen),
    ] {
        let told = sum(&rows, action);
        ensure!(
            (told - expected).abs() <= SLACK_MS,
            "{action}: {told} of {expected}"
        );
    }
    page.is_untroubled().await
}

/// How long any of these spells lasted, and how long more than one of them, in ms.
fn union(mut spells: Vec<[f64; 2]>) -> [i64; 2] {
    spells.sort_by(|one, other| one[0].total_cmp(&other[0]));
    let (mut any, mut several, mut until) = (0.0, 0.0, f64::NEG_INFINITY);
    for [from, to] in spells {
        any += (to - from.max(until)).max(0.0);
        several += (to.min(until) - from).max(0.0);
        until = until.max(to);
    }
    [any as i64, several as i64]
}

/// Uses two pages in turn for half a second each, then ends both, and asserts
/// that they counted the time in which any of them was visible; returns for how
/// long both were, in ms.
async fn in_turn(tracked: &Tracked<'_>, one: &Tab<'_>, other: &Tab<'_>) -> Result<i64> {
    let page = one.front().await?;
    let query: String = page
        .run(
            "_na.setModuleId('one'); clock.entered = clock.seen();
             return location.search;",
            Value::Null,
        )
        .await?;
    let page = other
        .goto(&tracked.site.url(&format!("/two.html{query}")))
        .await?;
    page.until("window.tracking").await?;
    page.act(
        "_na.setModuleId('two'); clock.entered = clock.seen();",
        Value::Null,
    )
    .await?;
    for tab in [one, other, one, other] {
        let page = tab.front().await?;
        page.until("document.visibilityState === 'visible'").await?;
        page.act("dispatchEvent(new MouseEvent('mousemove'));", Value::Null)
            .await?;
        page.let_pass(500).await?;
    }
    let page = other.front().await?;
    page.act("localStorage.finish = 1; clock.finish();", Value::Null)
        .await?;
    let mut spells = Vec::new();
    let mut before_modules = 0.0;
    for tab in [one, other] {
        let page = tab.front().await?;
        page.until("clock.end").await?;
        let (seen, entered): (Vec<[f64; 2]>, f64) = page
            .run("return [clock.end, clock.entered];", Value::Null)
            .await?;
        spells.extend(seen);
        before_modules += entered;
        page.is_untroubled().await?;
    }
    let [visible, both] = union(spells);
    let rows = tracked
        .rows("the end of both", |rows| {
            let ends = of(rows, "pageViewEnd").map(|row| row.url.as_deref());
            ends.collect::<BTreeSet<_>>().len() == 2
        })
        .await?;
    for field in [
        |row: &EventRow| Some(row.session_id.clone()),
        |row: &EventRow| row.visitor_id.clone(),
    ] {
        let ids: BTreeSet<_> = rows.iter().map(field).collect();
        ensure!(ids.len() == 1, "two tabs of one visit: {ids:?}");
    }
    let told = sum(&rows, "sessionSync");
    let [modules, views] = ["moduleEnd", "pageViewEnd"].map(|action| sum(&rows, action));
    ensure!(
        (told - modules - before_modules as i64).abs() <= SLACK_MS && (told - views).abs() <= 5,
        "{told} ms of session, {modules} of modules after {before_modules}, {views} of pages"
    );
    for name in ["one", "two"] {
        let part: i64 = of(&rows, "moduleEnd")
            .filter(|row| row.module.as_deref() == Some(name))
            .filter_map(|row| row.time_spent)
            .sum();
        ensure!(part >= 900, "{name} was used for a second: {part} ms");
    }
    // Storage events take as long as the browser likes; still well within the
    // second that the times may be wrong by.
    let slack = if query.is_empty() { 2 * SLACK_MS } else { 500 };
    ensure!(
        (told - visible).abs() <= slack,
        "{told} ms were counted of {visible}"
    );
    Ok(both)
}

async fn two_windows_in_sight_never_count_the_same_second(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    two_windows(stage, &tracked).await
}

async fn storage_events_stand_in_for_channels(stage: &Stage) -> Result<()> {
    let tracked = start_at(stage, "/one.html?no-channel", json!({})).await?;
    two_windows(stage, &tracked).await?;
    let keys: Vec<String> = tracked
        .page
        .run("return Object.keys(localStorage);", Value::Null)
        .await?;
    ensure!(
        keys.iter().all(|key| key == "finish" || key == "left"),
        "{keys:?}"
    );
    Ok(())
}

async fn two_windows(stage: &Stage, tracked: &Tracked<'_>) -> Result<()> {
    let browser = stage.browser().await?;
    let one = Tab::current(browser).await?;
    let other = Tab::open_window(browser).await?;
    let both = in_turn(tracked, &one, &other).await?;
    ensure!(both >= 2_000, "both were in sight for {both} ms");
    other.close(&one).await.map(drop)
}

async fn two_tabs_behind_each_other_never_count_the_same_second(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let tracked = start(stage, json!({})).await?;
    let one = Tab::current(browser).await?;
    let other = Tab::open(browser).await?;
    let both = in_turn(&tracked, &one, &other).await?;
    // Browsers may show the next tab a moment before they hide the last one.
    ensure!(both <= 1_000, "both were in sight for {both} ms");
    other.close(&one).await.map(drop)
}

async fn page_views_follow_the_address(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act(
        "const wait = () => new Promise((go) => setTimeout(go, 150));
         window.from = clock.seen();
         await wait();
         document.title = 'second';
         history.pushState(null, '', '/second?token=secret#part');
         await wait();
         location.hash = 'other-part';
         history.pushState(null, '', location.href);
         await wait();
         document.title = 'third';
         history.replaceState(null, '', '/third');
         await wait();
         const popped = new Promise((go) => addEventListener('popstate', go, { once: true }));
         history.go(-2);
         await popped;
         await wait();",
        Value::Null,
    )
    .await?;
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("four page views", |rows| count(rows, "pageViewEnd") == 4)
        .await?;
    let origin = tracked.site.url("");
    let path = |url: &Option<String>| -> String {
        let url = url.as_deref().unwrap_or("-");
        url.strip_prefix(&origin).unwrap_or(url).to_owned()
    };
    let mut views: Vec<_> = of(&rows, "pageView").collect();
    views.sort_by_key(|row| row.seq);
    let mut ends: Vec<_> = of(&rows, "pageViewEnd").collect();
    ends.sort_by_key(|row| row.seq);
    let order: Vec<_> = views.iter().map(|row| path(&row.url)).collect();
    // `go(-2)` leads to the entry of the first pushState, before the hash.
    ensure!(
        order == ["/one.html", "/second", "/third", "/second"],
        "{order:?}"
    );
    ensure!(
        ends.iter()
            .map(|row| path(&row.url))
            .eq(order.iter().cloned()),
        "{ends:#?}"
    );
    let titles: Vec<_> = views.iter().map(|row| row.title.as_deref()).collect();
    ensure!(
        titles[..3] == [Some("/one.html"), Some("second"), Some("third")],
        "{titles:?}"
    );
    let referrers: Vec<_> = views[1..].iter().map(|row| path(&row.referrer)).collect();
    ensure!(referrers == order[..3], "{referrers:?}");
    ensure!(
        ends.iter().all(|row| row.time_spent >= Some(140)),
        "each was seen for 150 ms: {ends:#?}"
    );
    ensure!(
        (sum(&rows, "pageViewEnd") - seen).abs() <= SLACK_MS,
        "{seen}"
    );
    page.is_untroubled().await
}

/// What the page at `path` had seen when it was left, in ms.
async fn left(page: &Page<'_>, path: &str) -> Result<i64> {
    let seen: f64 = page
        .run("return clock.left()[args];", json!(path))
        .await
        .context("the clock noted no end of the page")?;
    Ok(seen as i64)
}

async fn a_reload_ends_the_timings_once(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    let page = &tracked.page;
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(400).await?;
    stage.browser().await?.client().refresh().await?;
    page.until("window.tracking").await?;
    let seen = left(page, "/one.html").await?;
    let rows = tracked
        .rows("the end of the first load", |rows| {
            count(rows, "pageViewEnd") >= 1 && count(rows, "pageView") == 2
        })
        .await?;
    for action in ["moduleEnd", "sessionSync", "pageViewEnd"] {
        ensure!(count(&rows, action) == 1, "{action}: {rows:#?}");
    }
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - seen).abs() <= SLACK_MS,
            "{action}: {told} of {seen}"
        );
    }
    ensure!(sum(&rows, "moduleEnd") >= 400, "{rows:#?}");
    let streams: BTreeSet<_> = rows.iter().map(|row| &row.stream_id).collect();
    ensure!(streams.len() == 2, "each load is a stream: {rows:#?}");
    page.is_untroubled().await
}

async fn leaving_for_another_site_ends_the_timings_once(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "flushInterval": 3_600_000 })).await?;
    let page = &tracked.page;
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(400).await?;
    let seen: i64 = page
        .run("return Math.round(clock.seen());", Value::Null)
        .await?;
    let elsewhere = stage.site().await?;
    stage
        .browser()
        .await?
        .client()
        .goto(&elsewhere.url("/blank.html"))
        .await?;
    let rows = tracked
        .rows("the end of the page", |rows| count(rows, "pageViewEnd") > 0)
        .await?;
    for action in ["pageView", "moduleEnd", "sessionSync", "pageViewEnd"] {
        ensure!(count(&rows, action) == 1, "{action}: {rows:#?}");
    }
    // The driver took a while to load the other page; the first stayed in view.
    let told = sum(&rows, "pageViewEnd");
    ensure!((0..2_000).contains(&(told - seen)), "{told} of {seen}");
    ensure!(sum(&rows, "sessionSync") == told, "{rows:#?}");
    Ok(())
}

async fn a_page_that_was_kept_comes_back_with_a_page_view_and_time_adds_up(
    stage: &Stage,
) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    // Firefox keeps no page that holds a lock when it is left, so a tracker
    // may hold none while nothing waits.
    tracked.page.deliver().await?;
    tracked
        .page
        .until("(await navigator.locks.query()).held.length === 0")
        .await?;
    let kept = come_back(stage, &tracked).await?;
    ensure!(kept, "the browser did not keep the page");
    tracked.page.is_untroubled().await
}

async fn time_adds_up_whether_or_not_the_page_was_kept(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({})).await?;
    // What browsers take for a reason not to keep a page differs.
    tracked
        .page
        .act(
            "await new Promise((held) => navigator.locks.request('host', () => {
               held();
               return new Promise(() => {});
             }));",
            Value::Null,
        )
        .await?;
    come_back(stage, &tracked).await?;
    tracked.page.is_untroubled().await
}

/// Leaves the first page for another one, comes back, and asserts that all
/// views are told with their times; returns whether the page was kept.
async fn come_back(stage: &Stage, tracked: &Tracked<'_>) -> Result<bool> {
    let (page, client) = (&tracked.page, stage.browser().await?.client());
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(300).await?;
    // The other page of this origin runs a tracker too: neither may keep the
    // browser from keeping the first.
    client.goto(&tracked.site.url("/two.html")).await?;
    page.until("window.tracking").await?;
    page.let_pass(300).await?;
    client.back().await?;
    page.until("location.pathname === '/one.html' && window.tracking")
        .await?;
    let shows: Vec<bool> = page.run("return clock.shows;", Value::Null).await?;
    let kept = shows == [false, true];
    page.let_pass(300).await?;
    let two = left(page, "/two.html").await?;
    // A page that was kept has its clock still; one that was not began anew.
    let before = if kept {
        0
    } else {
        left(page, "/one.html").await?
    };
    let one = before + tracked.finish().await?;
    let rows = tracked
        .rows("both views of the first page", |rows| {
            (sum(rows, "pageViewEnd") - one - two).abs() <= SLACK_MS
        })
        .await?;
    for action in ["pageView", "pageViewEnd"] {
        let mut views: Vec<_> = of(&rows, action).collect();
        views.sort_by_key(|row| row.created_at);
        let views: Vec<_> = views
            .iter()
            .filter_map(|row| row.url.as_deref()?.rsplit_once('/'))
            .map(|(_, file)| file)
            .collect();
        ensure!(
            views == ["one.html", "two.html", "one.html"],
            "{action}: {views:?}"
        );
    }
    ensure!(
        of(&rows, "pageView").all(|row| row.referrer != row.url),
        "no page comes from itself: {rows:#?}"
    );
    for action in ["sessionSync", "pageViewEnd"] {
        let told = sum(&rows, action);
        ensure!(
            (told - one - two).abs() <= SLACK_MS,
            "{action}: {told} of {one} and {two}: {rows:#?}"
        );
    }
    ensure!(
        of(&rows, "moduleEnd").all(|row| row.module.as_deref() == Some("reports"))
            && count(&rows, "moduleEnd") == 1 + usize::from(kept),
        "a page that was kept goes on in its module: {rows:#?}"
    );
    Ok(kept)
}

async fn track_unload_false_tells_nothing_when_the_page_is_hidden(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "trackUnload": false })).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    page.let_pass(300).await?;
    browser.hide().await?;
    page.deliver().await?;
    let rows = events(&tracked.collector.db())?;
    ensure!(rows.len() == 1 && rows[0].action == "pageView", "{rows:#?}");
    page.let_pass(500).await?;
    browser.show().await?;
    page.let_pass(300).await?;
    // What was in view is told when the page itself ends it.
    let seen = tracked.finish().await?;
    let rows = tracked
        .rows("the end", |rows| count(rows, "pageViewEnd") == 1)
        .await?;
    ensure!(count(&rows, "moduleEnd") == 1, "{rows:#?}");
    let told = sum(&rows, "pageViewEnd");
    ensure!((told - seen).abs() <= SLACK_MS, "{told} of {seen}");
    page.is_untroubled().await
}

async fn track_page_views_false_makes_none_of_its_own(stage: &Stage) -> Result<()> {
    let tracked = start(stage, json!({ "trackPageViews": false })).await?;
    let (page, browser) = (&tracked.page, stage.browser().await?);
    page.act("history.pushState(null, '', '/second');", Value::Null)
        .await?;
    browser.hide().await?;
    browser.show().await?;
    page.act(
        "_na.trackPageView({ url: 'app://orders?open', title: 'Orders' });",
        Value::Null,
    )
    .await?;
    page.let_pass(200).await?;
    page.act("_na.trackPageView(); _na.shutdown();", Value::Null)
        .await?;
    let rows = tracked
        .rows("both page views", |rows| count(rows, "pageViewEnd") >= 2)
        .await?;
    let views: Vec<_> = of(&rows, "pageView")
        .map(|row| (row.url.as_deref(), row.title.as_deref()))
        .collect();
    let here = tracked.site.url("/second");
    ensure!(
        views
            == [
                (Some("app://orders?open"), Some("Orders")),
                (Some(here.as_str()), Some("/one.html")),
            ],
        "{views:?}"
    );
    let first = of(&rows, "pageViewEnd").next().context("no end")?;
    ensure!(
        first.url.as_deref() == Some("app://orders?open") && first.time_spent >= Some(200),
        "{first:#?}"
    );
    page.is_untroubled().await
}
