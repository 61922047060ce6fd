//! When a session continues, and when a new one begins.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use natero_e2e::tab::Tab;
use serde_json::{Value, json};

use crate::scene::{cookies, ids, of, start};

pub async fn two_tabs_are_one_session(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let first = Tab::current(scene.browser).await?;
    let second = Tab::open_for_use(scene.browser).await?;
    let page = second.goto(&scene.site.url("/")).await?;
    page.until("window.tracking").await?;
    for (tab, name) in [(&first, "a"), (&second, "b")] {
        let page = tab.front().await?;
        page.move_mouse().await?;
        page.act("_na.sendFeatureEvent(args);", json!(name)).await?;
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

pub async fn the_first_activity_after_session_timeout_begins_a_session(
    stage: &Stage,
) -> Result<()> {
    let settings = json!({ "sessionTimeout": 1_000, "idleTimeout": 300 });
    let scene = start(stage, settings).await?;
    let page = &scene.page;
    let before = ids(page).await?;
    page.let_pass(1_200).await?;
    ensure!(ids(page).await? == before, "time alone begins no session");
    page.act("_na.sendFeatureEvent('in passing');", Value::Null)
        .await?;
    page.move_mouse().await?;
    page.act("_na.sendFeatureEvent('used');", Value::Null)
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

pub async fn another_identity_is_another_session_and_the_old_one_gets_its_timings(
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
    // An event with the user of one account and the id of another account would not be
    // counted, and neither would later ones.
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

pub async fn reset_forgets_who_it_was(stage: &Stage) -> Result<()> {
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

pub async fn a_reload_goes_on_with_visitor_and_session(stage: &Stage) -> Result<()> {
    let scene = start(stage, json!({})).await?;
    let before = ids(&scene.page).await?;
    scene.browser.client().refresh().await?;
    scene.page.until("window.tracking").await?;
    let after = ids(&scene.page).await?;
    ensure!(after == before, "{before:?} became {after:?}");
    Ok(())
}
