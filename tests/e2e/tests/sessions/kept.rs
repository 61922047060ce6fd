//! What is stored in cookies and web storage, and how.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::until_events;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::{cookies, ids, of, start, start_on};

pub async fn the_cookies_are_lax_of_the_whole_host_and_last_as_long_as_they_should(
    stage: &Stage,
) -> Result<()> {
    // Over plain HTTP the cookies are not secure, because secure ones would not be set.
    checks_cookies(stage, stage.site().await?, false).await
}

pub async fn over_https_the_cookies_are_secure_too(stage: &Stage) -> Result<()> {
    let checked = checks_cookies(stage, stage.https_site().await?, true).await;
    // Pages of other tests can neither see nor overwrite them.
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
        // Restricted to this host.
        ensure!(cookie.domain() == Some("127.0.0.1"), "{cookie:?}");
        ensure!(cookie.secure().unwrap_or(false) == secure, "{cookie:?}");
        let same_site = cookie.same_site().map(|same_site| same_site.to_string());
        ensure!(same_site.as_deref() == Some("Lax"), "{cookie:?}");
    }
    scene.page.is_untroubled().await
}

pub async fn hosts_below_the_cookie_domain_share_a_visit(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let settings = json!({ "cookieDomain": "natero.localhost" });
    site.put_tracked("/", collector.url(), collector.source(), &settings);
    let browser = stage.browser().await?;
    let page = browser.open(&site, "/blank.html").await?;
    let mut visits = BTreeSet::new();
    // Browsers resolve every name below localhost to this machine.
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

pub async fn cookie_prefix_names_cookies_and_stored_events(stage: &Stage) -> Result<()> {
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

pub async fn memory_persistence_leaves_nothing_anywhere(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({ "persistence": "memory" })).await?;
    scene
        .page
        .act(
            "_na.setModuleId('reports');
             for (let i = 0; i < 60; i += 1) _na.sendFeatureEvent('a');",
            Value::Null,
        )
        .await?;
    scene.page.move_mouse().await?;
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
