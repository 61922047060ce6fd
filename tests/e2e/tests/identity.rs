//! The account and user of events.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    identify_sets_the_identity_and_carries_details,
    events_made_before_both_ids_are_known_wait_for_them,
    getters_show_the_current_values,
    details_keep_what_is_data_and_leave_out_the_rest,
    ids_are_trimmed_and_numbers_become_decimal_strings,
);

async fn start<'a>(
    stage: &'a Stage,
    collector: &Collector,
    settings: Value,
) -> Result<(Site, Page<'a>)> {
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), settings)
        .await?;
    page.act("await _na.ready;", Value::Null).await?;
    Ok((site, page))
}

/// The only feature event. A change of identity also ends timings.
async fn the_feature(collector: &Collector) -> Result<EventRow> {
    let is_feature = |row: &EventRow| row.action == "feature";
    let rows = until_events(collector, "a feature event", |rows| {
        rows.iter().filter(|row| is_feature(row)).count() == 1
    })
    .await?;
    Ok(rows.into_iter().find(is_feature).expect("waited for"))
}

async fn identify_sets_the_identity_and_carries_details(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let nobody = json!({ "accountId": null, "userId": null });
    let (_site, page) = start(stage, &collector, nobody).await?;
    page.act(
        "_na.identifyAccount('globex', { name: 'Globex', seats: 12, trial: false });
         _na.identifyUser('bea@globex.example', { first_name: 'Bea', tags: ['admin'] });
         _na.sendFeatureEvent('export');
         _na.identifyUser('bea@globex.example');",
        Value::Null,
    )
    .await?;
    page.deliver().await?;
    let rows = until_events(&collector, "four events", |rows| rows.len() == 4).await?;
    let actions: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
    ensure!(
        actions == ["identifyAccount", "identifyUser", "feature", "identifyUser"],
        "{actions:?}"
    );
    for row in &rows {
        ensure!(
            row.account_id == "globex" && row.user_id == "bea@globex.example",
            "{row:?}"
        );
        ensure!(
            row.session_id == rows[0].session_id,
            "knowing who it is is no new session"
        );
    }
    ensure!(
        rows[0].details == Some(json!({ "name": "Globex", "seats": 12, "trial": false })),
        "{:?}",
        rows[0]
    );
    ensure!(
        rows[1].details == Some(json!({ "first_name": "Bea", "tags": ["admin"] })),
        "{:?}",
        rows[1]
    );
    page.is_untroubled().await
}

async fn events_made_before_both_ids_are_known_wait_for_them(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let nobody = json!({ "accountId": null, "userId": null });
    let (_site, page) = start(stage, &collector, nobody).await?;
    let held: Value = page
        .run(
            "_na.sendFeatureEvent('anonymous'); _na.setAccountId('acme');
             _na.sendFeatureEvent('half'); await _na.flush(); return _na.stats();",
            Value::Null,
        )
        .await?;
    ensure!(held["pending"] == 2 && held["requests"] == 0, "{held}");
    page.act(
        "_na.setUserId('ann@acme.example'); _na.sendFeatureEvent('known');",
        Value::Null,
    )
    .await?;
    page.deliver().await?;
    let rows = until_events(&collector, "three events", |rows| rows.len() == 3).await?;
    let features: Vec<_> = rows
        .iter()
        .filter_map(|row| row.feature.as_deref())
        .collect();
    ensure!(features == ["anonymous", "half", "known"], "{features:?}");
    ensure!(
        rows.iter()
            .all(|row| row.account_id == "acme" && row.user_id == "ann@acme.example"),
        "{rows:#?}"
    );
    page.is_untroubled().await
}

async fn getters_show_the_current_values(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let (_site, page) = start(stage, &collector, json!({})).await?;
    let getters = "const all = () => [_na.getAccountId(), _na.getUserId(), _na.getModuleId(), _na.getProductId()];";
    let values: Value = page
        .run(
            &format!(
                "{getters}
                 const values = [all()];
                 _na.setModuleId('dashboard'); _na.setProductId('freight'); values.push(all());
                 _na.setUserId('bob'); _na.setModuleId(null); values.push(all());
                 _na.setAccountId(null); _na.setProductId(null); values.push(all());
                 return values;"
            ),
            Value::Null,
        )
        .await?;
    ensure!(
        values
            == json!([
                ["acme", "ann@acme.example", null, null],
                ["acme", "ann@acme.example", "dashboard", "freight"],
                ["acme", "bob", null, "freight"],
                [null, "bob", null, null],
            ]),
        "{values}"
    );
    page.act(
        "_na.setAccountId('acme'); _na.setUserId('ann@acme.example');
         _na.sendFeatureEvent('a');",
        Value::Null,
    )
    .await?;
    let ids: [String; 2] = page
        .run(
            "return [_na.getSessionId(), _na.getVisitorId()];",
            Value::Null,
        )
        .await?;
    page.deliver().await?;
    let feature = the_feature(&collector).await?;
    ensure!(feature.session_id == ids[0], "{ids:?} {feature:?}");
    ensure!(
        feature.visitor_id.as_ref() == Some(&ids[1]),
        "{ids:?} {feature:?}"
    );
    Ok(())
}

async fn details_keep_what_is_data_and_leave_out_the_rest(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let (_site, page) = start(stage, &collector, json!({})).await?;
    page.act(
        r#"const cyclic = { name: 'kept' }; cyclic.self = cyclic;
           _na.identifyUser('ann@acme.example', {
             date: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 6)), big: 12345678901234567890n,
             nan: NaN, infinite: -Infinity, missing: undefined, method() {}, symbol: Symbol('s'),
             cyclic, get thrown() { throw new Error('from a getter'); },
             text: 'a "quote",\na line and \u2028 an emoji 🚚', list: [1, undefined, 'x'],
             deep: { er: { still: true } }, nothing: null });"#,
        Value::Null,
    )
    .await?;
    page.deliver().await?;
    let rows = until_events(&collector, "the identification", |rows| rows.len() == 1).await?;
    ensure!(
        rows[0].details
            == Some(json!({
                "date": "2024-01-02T03:04:05.006Z",
                "big": "12345678901234567890",
                "nan": null,
                "infinite": null,
                "cyclic": { "name": "kept" },
                "text": "a \"quote\",\na line and \u{2028} an emoji 🚚",
                "list": [1, null, "x"],
                "deep": { "er": { "still": true } },
                "nothing": null,
            })),
        "{:#}",
        rows[0].details.clone().unwrap_or_default()
    );
    ensure!(page.is_unharmed().await?.is_empty());
    Ok(())
}

async fn ids_are_trimmed_and_numbers_become_decimal_strings(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let (_site, page) = start(stage, &collector, json!({})).await?;
    page.act(
        "_na.setUserId(42); _na.setProductId('  freight\\n'); _na.sendFeatureEvent(' add widget ');",
        Value::Null,
    )
    .await?;
    page.deliver().await?;
    let feature = the_feature(&collector).await?;
    ensure!(feature.user_id == "42", "{feature:?}");
    ensure!(feature.product.as_deref() == Some("freight"), "{feature:?}");
    ensure!(
        feature.feature.as_deref() == Some("add widget"),
        "{feature:?}"
    );
    page.is_untroubled().await
}
