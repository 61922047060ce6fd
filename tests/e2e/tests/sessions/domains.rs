//! Cookies of several trackers, and pages where cookies cannot be set.

use anyhow::{Context, Result, ensure};
use natero_e2e::fault::FaultServer;
use natero_e2e::page::Page;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

async fn visitor(page: &Page<'_>) -> Result<String> {
    page.run("return _na.getVisitorId();", Value::Null).await
}

async fn track(page: &Page<'_>, server: &FaultServer, settings: Value) -> Result<()> {
    page.until("window.na").await?;
    page.act(
        "window.warnings = [];
         console.warn = (...parts) => warnings.push(parts.join(' '));
         window._na = new na('api', 'auth', { endpoint: args.endpoint, trackPageViews: false, ...args.settings });
         await _na.ready;",
        json!({ "endpoint": server.url(), "settings": settings }),
    )
    .await
}

pub async fn a_domain_that_the_browser_refuses_is_told_once_and_the_visitor_is_kept(
    stage: &Stage,
) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    let settings = json!({ "cookieDomain": "elsewhere.example" });
    track(&page, &server, settings.clone()).await?;
    let first = visitor(&page).await?;
    page.move_mouse().await?;
    let warnings: Vec<String> = page.run("return warnings;", Value::Null).await?;
    ensure!(
        warnings.len() == 1 && warnings[0].contains("cookieDomain elsewhere.example"),
        "{warnings:?}"
    );
    stage.browser().await?.client().refresh().await?;
    track(&page, &server, settings.clone()).await?;
    ensure!(
        visitor(&page).await? == first,
        "another visitor after a reload"
    );
    page.act("_na.reset();", Value::Null).await?;
    let after = visitor(&page).await?;
    ensure!(after != first, "reset() forgets the visitor");
    page.act("_na.optOut();", Value::Null).await?;
    let left: Vec<String> = page
        .run("return Object.keys(localStorage);", Value::Null)
        .await?;
    ensure!(left.is_empty(), "{left:?}");
    page.is_unharmed().await.map(drop)
}

pub async fn a_page_of_a_file_keeps_its_visitor(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let folder = tempfile::tempdir()?;
    let script = stage.package().await?.path().join("natero.global.js");
    std::fs::copy(script, folder.path().join("natero.global.js"))?;
    let file = folder.path().join("page.html");
    std::fs::write(
        &file,
        "<!doctype html><meta charset=utf-8><title>file</title><script src=natero.global.js></script>",
    )?;
    let url = format!("file://{}", file.display());
    let browser = stage.browser().await?;
    let page = Page::new(browser);
    browser.client().goto(&url).await?;
    track(&page, &server, json!({})).await?;
    let first = visitor(&page).await?;
    browser.client().refresh().await?;
    track(&page, &server, json!({})).await?;
    ensure!(
        visitor(&page).await? == first,
        "another visitor after a reload"
    );
    page.act("_na.optOut();", Value::Null).await
}

pub async fn reset_and_opt_out_remove_the_cookies_of_every_domain(stage: &Stage) -> Result<()> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let port = site
        .url("")
        .rsplit(':')
        .next()
        .context("a port")?
        .to_owned();
    let browser = stage.browser().await?;
    let page = Page::new(browser);
    // Browsers resolve such names to this machine.
    let url = format!("http://www.app.site.localhost:{port}/inline.html");
    for ending in ["reset", "optOut"] {
        browser.goto_without_cookies(&url).await?;
        page.act(
            "const long = ';path=/;max-age=9999';
             document.cookie = 'na_vid=of-the-host' + long;
             document.cookie = 'na_vid=of-the-app;domain=app.site.localhost' + long;
             document.cookie = 'na_vid=of-the-site;domain=site.localhost' + long;
             document.cookie = `na_sid=old.${Date.now() - 5000}` + long;
             document.cookie = `na_sid=newest.${Date.now()};domain=site.localhost` + long;",
            Value::Null,
        )
        .await?;
        let cookies: String = page.run("return document.cookie;", Value::Null).await?;
        ensure!(cookies.matches("na_vid").count() == 3, "{cookies}");
        track(
            &page,
            &server,
            json!({ "cookieDomain": "app.site.localhost" }),
        )
        .await?;
        let ids: [String; 2] = page
            .run(
                "return [_na.getSessionId(), _na.getVisitorId()];",
                Value::Null,
            )
            .await?;
        ensure!(ids == ["newest", "of-the-site"], "{ids:?}");
        page.act(&format!("_na.{ending}();"), Value::Null).await?;
        let cookies: String = page.run("return document.cookie;", Value::Null).await?;
        if ending == "reset" {
            let after = visitor(&page).await?;
            ensure!(
                cookies.matches("na_vid").count() == 1 && cookies.contains(&after),
                "{cookies}"
            );
            // This is still so at the next check, and on the next page.
            page.let_pass(5_200).await?;
            page.move_mouse().await?;
            ensure!(visitor(&page).await? == after);
            page.act("_na.optOut();", Value::Null).await?;
        } else {
            ensure!(!cookies.contains("na_"), "{cookies}");
        }
    }
    page.is_unharmed().await.map(drop)
}
