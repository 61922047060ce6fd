//! Sessions, visitors and their cookies; several trackers of a page; and what
//! a tracker leaves behind.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use fantoccini::cookies::Cookie;
use natero_e2e::browser::Browser;
use natero_e2e::collector::{Collector, Source};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};

natero_e2e::suite!(
    the_cookies_are_lax_of_the_whole_host_and_last_as_long_as_they_should,
    over_https_the_cookies_are_secure_too,
    hosts_below_the_cookie_domain_share_a_visit,
    two_tabs_are_one_session,
    the_first_activity_after_session_timeout_begins_a_session,
    another_identity_is_another_session_and_the_old_one_gets_its_timings,
    reset_forgets_who_it_was,
    a_reload_goes_on_with_visitor_and_session,
    cookie_prefix_names_cookies_and_stored_events,
    memory_persistence_leaves_nothing_anywhere,
    two_trackers_share_cookies_and_never_a_queue,
    shutdown_leaves_no_listener_timer_lock_or_channel,
);

struct Scene<'a> {
    collector: Collector,
    site: Site,
    browser: &'a Browser,
    page: Page<'a>,
}

async fn start(stage: &Stage, settings: Value) -> Result<Scene<'_>> {
    start_on(stage, stage.site().await?, settings).await
}

async fn start_on(stage: &Stage, site: Site, settings: Value) -> Result<Scene<'_>> {
    let collector = Collector::start()?;
    site.put_tracked("/", collector.url(), collector.source(), &settings);
    let browser = stage.browser().await?;
    let page = browser.open(&site, "/").await?;
    page.until("window.tracking").await?;
    Ok(Scene {
        collector,
        site,
        browser,
        page,
    })
}

/// Session and visitor, as the page is told.
async fn ids(page: &Page<'_>) -> Result<(String, String)> {
    page.run(
        "return [_na.getSessionId(), _na.getVisitorId()];",
        Value::Null,
    )
    .await
}

async fn cookies(browser: &Browser) -> Result<BTreeMap<String, Cookie<'static>>> {
    let cookies = browser.client().get_all_cookies().await?;
    Ok(cookies
        .into_iter()
        .map(|cookie| (cookie.name().to_owned(), cookie))
        .collect())
}

/// The rows of one action, in the order in which they were made.
fn of<'r>(rows: &'r [EventRow], action: &str) -> Vec<&'r EventRow> {
    let mut found: Vec<_> = rows.iter().filter(|row| row.action == action).collect();
    found.sort_by_key(|row| row.seq);
    found
}

async fn the_cookies_are_lax_of_the_whole_host_and_last_as_long_as_they_should(
    stage: &Stage,
) -> Result<()> {
    // Over plain http they are not secure: they would not be set.
    checks_cookies(stage, stage.site().await?, false).await
}

async fn over_https_the_cookies_are_secure_too(stage: &Stage) -> Result<()> {
    let checked = checks_cookies(stage, stage.https_site().await?, true).await;
    // Pages of other tests could neither see nor overwrite them.
    let client = stage.browser().await?.client();
    client.delete_all_cookies().await?;
    checked
}

async fn checks_cookies(stage: &Stage, site: Site, secure: bool) -> Result<()> {
    let scene = start_on(stage, site, json!({})).await?;
    let (session, visitor) = ids(&scene.page).await?;
    let cookies = cookies(scene.browser).await?;
    let names: Vec<_> = cookies.keys().map(String::as_str).collect();
    ensure!(names == ["na_sid", "na_vid"], "{names:?}");
    ensure!(cookies["na_vid"].value() == visitor, "{cookies:?}");
    ensure!(
        cookies["na_sid"].value().split('.').next() == Some(&session),
        "{cookies:?}"
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() as i64;
    for (name, seconds) in [("na_sid", 1_800), ("na_vid", 365 * 24 * 60 * 60)] {
        let cookie = &cookies[name];
        let lives = cookie
            .expires_datetime()
            .context("it ends with the browser")?
            .unix_timestamp()
            - now;
        ensure!(
            (seconds - 60..=seconds + 1).contains(&lives),
            "{name} lives for {lives} s"
        );
        ensure!(cookie.path() == Some("/"), "{cookie:?}");
        // Host only.
        ensure!(cookie.domain() == Some("127.0.0.1"), "{cookie:?}");
        ensure!(cookie.secure().unwrap_or(false) == secure, "{cookie:?}");
        let same_site = cookie.same_site().map(|same_site| same_site.to_string());
        ensure!(same_site.as_deref() == Some("Lax"), "{cookie:?}");
    }
    scene.page.is_untroubled().await
}

async fn hosts_below_the_cookie_domain_share_a_visit(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let settings = json!({ "cookieDomain": "natero.localhost" });
    site.put_tracked("/", collector.url(), collector.source(), &settings);
    let browser = stage.browser().await?;
    let page = browser.open(&site, "/blank.html").await?;
    let mut visits = BTreeSet::new();
    // Browsers take every name below localhost for this machine.
    for host in ["app.natero.localhost", "shop.natero.localhost"] {
        let url = site.url("/").replace("127.0.0.1", host);
        browser.client().goto(&url).await?;
        page.until("window.tracking").await?;
        visits.insert(ids(&page).await?);
        for cookie in cookies(browser).await?.values() {
            ensure!(cookie.domain() == Some("natero.localhost"), "{cookie:?}");
        }
    }
    ensure!(visits.len() == 1, "{visits:?}");
    Ok(())
}

async fn two_tabs_are_one_session(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let first = Tab::current(scene.browser).await?;
    let second = Tab::open(scene.browser).await?;
    let page = second.goto(&scene.site.url("/")).await?;
    page.until("window.tracking").await?;
    for (tab, name) in [(&first, "a"), (&second, "b")] {
        let page = tab.front().await?;
        page.act(
            "dispatchEvent(new MouseEvent('mousemove')); _na.sendFeatureEvent(args);",
            json!(name),
        )
        .await?;
    }
    let rows = until_events(&scene.collector, "a feature of each", |rows| {
        of(rows, "feature").len() == 2
    })
    .await?;
    let visits: BTreeSet<_> = rows
        .iter()
        .map(|row| (&row.session_id, &row.visitor_id))
        .collect();
    ensure!(visits.len() == 1, "{visits:?}");
    let streams: BTreeSet<_> = rows.iter().map(|row| &row.stream_id).collect();
    ensure!(streams.len() == 2, "{streams:?}");
    second.close(&first).await.map(drop)
}

async fn the_first_activity_after_session_timeout_begins_a_session(stage: &Stage) -> Result<()> {
    let settings = json!({ "sessionTimeout": 1_000, "idleTimeout": 300 });
    let scene = start(stage, settings).await?;
    let page = &scene.page;
    let before = ids(page).await?;
    page.let_pass(1_200).await?;
    ensure!(ids(page).await? == before, "time alone begins no session");
    page.act(
        "_na.sendFeatureEvent('in passing');
         dispatchEvent(new MouseEvent('mousemove'));
         _na.sendFeatureEvent('used');",
        Value::Null,
    )
    .await?;
    let after = ids(page).await?;
    ensure!(
        after.0 != before.0 && after.1 == before.1,
        "{before:?} became {after:?}"
    );
    let cookies = cookies(scene.browser).await?;
    ensure!(
        cookies["na_sid"].value().starts_with(&after.0),
        "{cookies:?}"
    );
    let rows = until_events(&scene.collector, "both features", |rows| {
        of(rows, "feature").len() == 2
    })
    .await?;
    let sessions: Vec<_> = of(&rows, "feature")
        .iter()
        .map(|row| row.session_id.as_str())
        .collect();
    ensure!(sessions == [before.0.as_str(), &after.0], "{rows:#?}");
    page.is_untroubled().await
}

async fn another_identity_is_another_session_and_the_old_one_gets_its_timings(
    stage: &Stage,
) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let page = &scene.page;
    let mut sessions = vec![ids(page).await?];
    page.act("_na.setModuleId('reports');", Value::Null).await?;
    for call in [
        "_na.setUserId('bob@acme.example');",
        "_na.setUserId('cy@other.example'); _na.setAccountId('other');",
    ] {
        page.let_pass(100).await?;
        page.act(call, Value::Null).await?;
        sessions.push(ids(page).await?);
    }
    page.let_pass(100).await?;
    page.act("_na.shutdown();", Value::Null).await?;
    // An event under the user of one account and the account of another would
    // be set aside, and what comes after it too.
    let visitors: BTreeSet<_> = sessions.iter().map(|(_, visitor)| visitor).collect();
    ensure!(visitors.len() == 1, "{sessions:?}");
    let rows = until_events(&scene.collector, "three times in the module", |rows| {
        of(rows, "moduleEnd").len() >= 3
    })
    .await?;
    let told: Vec<_> = of(&rows, "moduleEnd")
        .iter()
        .map(|row| {
            (
                row.account_id.as_str(),
                row.user_id.as_str(),
                row.session_id.as_str(),
            )
        })
        .collect();
    ensure!(
        told == [
            ("acme", "ann@acme.example", sessions[0].0.as_str()),
            ("acme", "bob@acme.example", &sessions[1].0),
            ("other", "cy@other.example", &sessions[2].0),
        ],
        "{told:?} in {sessions:?}"
    );
    ensure!(
        of(&rows, "moduleEnd")
            .iter()
            .all(|row| row.time_spent >= Some(90)),
        "{rows:#?}"
    );
    ensure!(rows.iter().all(|row| !row.set_aside), "{rows:#?}");
    page.is_untroubled().await
}

async fn reset_forgets_who_it_was(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let page = &scene.page;
    let before = ids(page).await?;
    page.act(
        "_na.setProductId('suite'); _na.setModuleId('reports');",
        Value::Null,
    )
    .await?;
    page.let_pass(100).await?;
    let current: Value = page
        .run(
            "_na.reset();
             const current = [_na.getAccountId(), _na.getUserId(), _na.getModuleId(), _na.getProductId()];
             _na.setAccountId('other'); _na.setUserId('bob@other.example');
             _na.sendFeatureEvent('after');
             return current;",
            Value::Null,
        )
        .await?;
    ensure!(current == json!([null, null, null, null]), "{current}");
    let after = ids(page).await?;
    ensure!(
        after.0 != before.0 && after.1 != before.1,
        "{before:?} became {after:?}"
    );
    let cookies = cookies(scene.browser).await?;
    ensure!(
        cookies["na_sid"].value().starts_with(&after.0) && cookies["na_vid"].value() == after.1,
        "{cookies:?}"
    );
    let rows = until_events(&scene.collector, "the feature", |rows| {
        of(rows, "feature").len() == 1 && of(rows, "moduleEnd").len() == 1
    })
    .await?;
    let feature = of(&rows, "feature")[0];
    ensure!(
        feature.account_id == "other"
            && feature.session_id == after.0
            && feature.visitor_id.as_deref() == Some(&after.1)
            && feature.module.is_none()
            && feature.product.is_none(),
        "{feature:#?}"
    );
    let end = of(&rows, "moduleEnd")[0];
    ensure!(
        end.account_id == "acme"
            && end.session_id == before.0
            && end.visitor_id.as_deref() == Some(&before.1),
        "{end:#?}"
    );
    page.is_untroubled().await
}

async fn a_reload_goes_on_with_visitor_and_session(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let before = ids(&scene.page).await?;
    scene.browser.client().refresh().await?;
    scene.page.until("window.tracking").await?;
    let after = ids(&scene.page).await?;
    ensure!(after == before, "{before:?} became {after:?}");
    Ok(())
}

async fn cookie_prefix_names_cookies_and_stored_events(stage: &Stage) -> Result<()> {
    let scene = start(
        stage,
        json!({ "cookiePrefix": "shop_", "flushInterval": 3_600_000 }),
    )
    .await?;
    scene
        .page
        .act("_na.sendFeatureEvent('a');", Value::Null)
        .await?;
    let cookies = cookies(scene.browser).await?;
    let names: Vec<_> = cookies.keys().map(String::as_str).collect();
    ensure!(names == ["shop_sid", "shop_vid"], "{names:?}");
    let keys: Vec<String> = scene
        .page
        .run("return Object.keys(localStorage);", Value::Null)
        .await?;
    ensure!(
        !keys.is_empty() && keys.iter().all(|key| key.starts_with("shop_")),
        "{keys:?}"
    );
    Ok(())
}

async fn memory_persistence_leaves_nothing_anywhere(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({ "persistence": "memory" })).await?;
    scene
        .page
        .act(
            "_na.setModuleId('reports');
             for (let i = 0; i < 60; i += 1) _na.sendFeatureEvent('a');
             dispatchEvent(new MouseEvent('mousemove'));",
            Value::Null,
        )
        .await?;
    let rows = until_events(&scene.collector, "the features", |rows| {
        of(rows, "feature").len() == 60
    })
    .await?;
    ensure!(rows.iter().all(|row| row.visitor_id.is_some()), "{rows:#?}");
    let left: Value = scene
        .page
        .run(
            "return [document.cookie, Object.keys(localStorage), Object.keys(sessionStorage),
                     (await indexedDB.databases?.() ?? []).length, (await caches.keys()).length];",
            Value::Null,
        )
        .await?;
    ensure!(left == json!(["", [], [], 0, 0]), "{left}");
    scene.page.is_untroubled().await
}

async fn two_trackers_share_cookies_and_never_a_queue(stage: &Stage) -> Result<()> {
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
    // Nothing gets through, so that all is stored when the page goes.
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
    // Only the first tracker is there; what the other one left is not its own.
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

/// Counts what the package's own code listens to, waits for and holds.
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

async fn shutdown_leaves_no_listener_timer_lock_or_channel(stage: &Stage) -> Result<()> {
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
        // Either would keep browsers from keeping the page, or ask too much of it.
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
