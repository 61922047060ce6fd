//! What pages load and execute.

use anyhow::{Result, ensure};
use natero_e2e::dashboard::Dashboard;
use natero_e2e::stage::Stage;
use natero_e2e::views::VIEWS;
use natero_e2e::wait;
use serde_json::json;

pub async fn markup_in_a_name_is_read_and_never_run(stage: &Stage) -> Result<()> {
    let browser = stage.browser().await?;
    let dashboard = Dashboard::signed_in(stage).await?;
    let name = "<script>alert(1)</script>";
    let account = json!({"account_id": "markup", "name": name, "join_date": 1_700_000_000_000_i64});
    dashboard
        .collector()
        .put("accounts/markup", &account)
        .await?;
    for path in [
        "/",
        "/accounts/markup",
        "/accounts/markup/users",
        "/accounts/markup/records",
        "/?search=script",
    ] {
        dashboard.goto(path).await?;
        let page = dashboard.text("body").await?;
        ensure!(page.contains(name), "{path} does not show it: {page}");
        let strays: usize = dashboard
            .run("return document.querySelectorAll('script:not([src])').length;")
            .await?;
        ensure!(strays == 0, "{path} has {strays} scripts in it");
    }
    // The same holds for what scripts insert into the page.
    dashboard.find("#search").await?.send_keys("alert").await?;
    dashboard
        .until("document.querySelector('#found a')")
        .await?;
    let found = dashboard.text("#found").await?;
    ensure!(found.contains(name), "{found}");
    ensure!(browser.client().get_alert_text().await.is_err(), "it ran");
    dashboard.is_clean().await
}

pub async fn no_page_loads_from_elsewhere_or_breaks_its_policy(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::start(stage).await?;
    dashboard.is_clean().await?;
    dashboard.enter().await?;
    for (_, path, wanted) in VIEWS {
        dashboard.goto(path).await?;
        let page = dashboard.text("body").await?;
        ensure!(page.contains(wanted), "{path} shows no {wanted}: {page}");
        dashboard
            .until("document.readyState === 'complete'")
            .await?;
        dashboard.is_clean().await?;
    }
    Ok(())
}

pub async fn a_breach_of_the_policy_is_stopped_and_would_be_noticed(stage: &Stage) -> Result<()> {
    let dashboard = Dashboard::signed_in(stage).await?;
    dashboard.is_clean().await?;
    let _: () = dashboard
        .run(
            "const script = document.createElement('script');
             script.textContent = 'window.ran = true';
             document.body.append(script);
             document.body.insertAdjacentHTML('beforeend', '<img src=\"http://127.0.0.2:9/x.png\">');",
        )
        .await?;
    wait::until_true("reports of both", async || {
        Ok(dashboard.front().reports().len() >= 2)
    })
    .await?;
    let reports = format!("{:?}", dashboard.front().reports());
    ensure!(
        reports.contains("img-src") && reports.contains("script-src"),
        "{reports}"
    );
    let ran: bool = dashboard.run("return window.ran === true;").await?;
    ensure!(!ran, "it ran");
    ensure!(dashboard.is_clean().await.is_err());
    Ok(())
}
