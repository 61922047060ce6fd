//! Signing in.

use anyhow::{Context, Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;

pub async fn a_wrong_key_is_refused_and_the_right_one_opens_a_session_that_no_script_sees(
    stage: &Stage,
) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::start(stage).await?;
    dashboard.sign_in("nacc_wrong").await?;
    dashboard
        .until("document.querySelector('#refused')")
        .await?;
    let refused = dashboard.text("#refused").await?;
    ensure!(refused.contains("unknown or was revoked"), "{refused}");
    ensure!(browser.client().get_all_cookies().await?.is_empty());

    dashboard
        .sign_in(dashboard.collector().account_key())
        .await?;
    dashboard.until("document.querySelector('#tree')").await?;
    ensure!(dashboard.text("h1").await? == "Accounts");
    let cookies = browser.client().get_all_cookies().await?;
    ensure!(cookies.len() == 1, "{cookies:?}");
    let cookie = cookies.first().context("counted")?;
    ensure!(cookie.name() == "natero_session", "{cookie:?}");
    ensure!(cookie.http_only() == Some(true), "{cookie:?}");
    ensure!(cookie.path() == Some("/"), "{cookie:?}");
    let same_site = cookie.same_site().map(|of| of.is_lax());
    ensure!(same_site == Some(true), "{cookie:?}");
    ensure!(
        cookie.expires_datetime().is_none(),
        "outlives the browser: {cookie:?}"
    );
    ensure!(!cookie.value().contains(dashboard.collector().account_key()));
    let seen: String = dashboard.run("return document.cookie;").await?;
    ensure!(seen.is_empty(), "a script sees {seen}");

    dashboard.click("form[action='/sign-out'] button").await?;
    dashboard.until("document.querySelector('#key')").await?;
    ensure!(browser.client().get_all_cookies().await?.is_empty());
    dashboard.goto("/accounts/meridian").await?;
    dashboard.until("document.querySelector('#key')").await?;
    dashboard.is_clean().await
}

pub async fn who_follows_a_link_signed_out_lands_there_after_signing_in(
    stage: &Stage,
) -> Result<()> {
    let dashboard = Dashboard::start(stage).await?;
    dashboard.goto("/accounts/kestrel/users?range=7d").await?;
    dashboard
        .sign_in(dashboard.collector().account_key())
        .await?;
    dashboard
        .until("location.pathname + location.search === '/accounts/kestrel/users?range=7d'")
        .await?;
    ensure!(dashboard.text("h1").await? == "Kestrel Couriers");
    dashboard.is_clean().await
}
