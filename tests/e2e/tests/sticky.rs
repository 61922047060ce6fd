//! Product and module stay set until they are changed or set to null.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::page::Page;
use natero_e2e::rows::{EventRow, until_events};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    product_and_module_stick_to_feature_events_until_changed_or_nulled,
    an_override_holds_for_its_event_alone,
    a_change_of_module_ends_the_old_one_under_the_old_values,
    a_change_of_product_ends_the_timing_under_the_old_product_and_goes_on,
    setting_the_same_value_again_ends_nothing,
    a_measured_module_event_takes_the_sticky_product_or_its_own,
    a_change_of_user_ends_the_timing_under_the_old_user,
);

/// Runs `script` in a page with a tracker, and returns all events that follow.
async fn events_of(stage: &Stage, script: &str) -> Result<Vec<EventRow>> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    page.track(collector.url(), collector.source(), json!({}))
        .await?;
    page.act("await _na.ready;", Value::Null).await?;
    page.act(
        &format!(
            "const pass = async (ms) => {{
               const end = performance.now() + ms;
               while (performance.now() < end) await new Promise((go) => setTimeout(go, 5));
             }};
             {script}"
        ),
        Value::Null,
    )
    .await?;
    delivered(&page, &collector).await
}

async fn delivered(page: &Page<'_>, collector: &Collector) -> Result<Vec<EventRow>> {
    let stats = page.deliver().await?;
    let accepted = stats["accepted"].as_u64().unwrap_or_default() as usize;
    page.is_untroubled().await?;
    until_events(collector, "every accepted event", |rows| {
        rows.len() == accepted
    })
    .await
}

/// Each event in short form: `action name module product`.
fn places(rows: &[EventRow]) -> Vec<String> {
    let word = |word: &Option<String>| word.clone().unwrap_or_else(|| "-".to_owned());
    rows.iter()
        .map(|row| {
            let feature = word(&row.feature);
            format!(
                "{} {feature} {} {}",
                row.action,
                word(&row.module),
                word(&row.product)
            )
        })
        .collect()
}

fn module_ends(rows: &[EventRow]) -> Vec<(&str, &str, i64)> {
    rows.iter()
        .filter(|row| row.action == "moduleEnd")
        .map(|row| {
            (
                row.module.as_deref().unwrap_or("-"),
                row.product.as_deref().unwrap_or("-"),
                row.time_spent.unwrap_or(-1),
            )
        })
        .collect()
}

async fn product_and_module_stick_to_feature_events_until_changed_or_nulled(
    stage: &Stage,
) -> Result<()> {
    // Within one task no time passes, so there is no moduleEnd in between.
    let rows = events_of(
        stage,
        "_na.sendFeatureEvent('a');
         _na.setProductId('freight'); _na.sendFeatureEvent('b');
         _na.setModuleId('reports'); _na.sendFeatureEvent('c'); _na.sendFeatureEvent('d');
         _na.setProductId('warehouse'); _na.sendFeatureEvent('e');
         _na.setModuleId(null); _na.sendFeatureEvent('f');
         _na.setProductId(null); _na.sendFeatureEvent('g');",
    )
    .await?;
    let features: Vec<EventRow> = rows
        .into_iter()
        .filter(|row| row.action == "feature")
        .collect();
    ensure!(
        places(&features)
            == [
                "feature a - -",
                "feature b - freight",
                "feature c reports freight",
                "feature d reports freight",
                "feature e reports warehouse",
                "feature f - warehouse",
                "feature g - -",
            ],
        "{:#?}",
        places(&features)
    );
    Ok(())
}

async fn an_override_holds_for_its_event_alone(stage: &Stage) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setProductId('freight'); _na.setModuleId('reports');
         _na.sendFeatureEvent('a', { product: 'warehouse', module: 'stock', total: 2.5,
                                     details: { widget: 'Returns' } });
         _na.sendFeatureEvent('b', 4);
         _na.sendFeatureEvent('c', { product: null, module: null });
         _na.sendFeatureEvent('d');",
    )
    .await?;
    let features: Vec<EventRow> = rows
        .into_iter()
        .filter(|row| row.action == "feature")
        .collect();
    ensure!(
        places(&features)
            == [
                "feature a stock warehouse",
                "feature b reports freight",
                "feature c - -",
                "feature d reports freight",
            ],
        "{:#?}",
        places(&features)
    );
    let totals: Vec<_> = features
        .iter()
        .map(|row| row.total.unwrap_or(f64::NAN))
        .collect();
    ensure!(totals == [2.5, 4.0, 1.0, 1.0], "{totals:?}");
    ensure!(
        features[0].details == Some(json!({ "widget": "Returns" })),
        "{features:?}"
    );
    ensure!(
        features[1..].iter().all(|row| row.details.is_none()),
        "{features:?}"
    );
    Ok(())
}

async fn a_change_of_module_ends_the_old_one_under_the_old_values(stage: &Stage) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setProductId('freight');
         _na.setModuleId('dashboard'); await pass(120);
         _na.setModuleId('reports'); await pass(60);
         _na.setModuleId(null); await pass(60);
         _na.sendFeatureEvent('after');",
    )
    .await?;
    let ends = module_ends(&rows);
    ensure!(ends.len() == 2, "{ends:?}");
    ensure!(
        (ends[0].0, ends[0].1) == ("dashboard", "freight"),
        "{ends:?}"
    );
    ensure!((ends[1].0, ends[1].1) == ("reports", "freight"), "{ends:?}");
    ensure!(
        (120..1120).contains(&ends[0].2) && (60..1060).contains(&ends[1].2),
        "{ends:?}"
    );
    ensure!(places(&rows).last().map(String::as_str) == Some("feature after - freight"));
    Ok(())
}

async fn a_change_of_product_ends_the_timing_under_the_old_product_and_goes_on(
    stage: &Stage,
) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setModuleId('dashboard'); await pass(60);
         _na.setProductId('freight'); await pass(120);
         _na.setProductId('warehouse'); await pass(60);
         _na.setModuleId(null);",
    )
    .await?;
    let ends = module_ends(&rows);
    let places: Vec<_> = ends
        .iter()
        .map(|(module, product, _)| (*module, *product))
        .collect();
    ensure!(
        places
            == [
                ("dashboard", "-"),
                ("dashboard", "freight"),
                ("dashboard", "warehouse")
            ],
        "{ends:?}"
    );
    ensure!(
        ends[0].2 >= 60 && ends[1].2 >= 120 && ends[2].2 >= 60,
        "{ends:?}"
    );
    Ok(())
}

async fn setting_the_same_value_again_ends_nothing(stage: &Stage) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setProductId('freight'); _na.setModuleId('dashboard'); await pass(40);
         _na.setModuleId('dashboard'); _na.setProductId('freight');
         _na.setModuleId(' dashboard '); await pass(40);
         _na.setModuleId(null);",
    )
    .await?;
    let ends = module_ends(&rows);
    ensure!(ends.len() == 1 && ends[0].2 >= 80, "{ends:?}");
    Ok(())
}

async fn a_measured_module_event_takes_the_sticky_product_or_its_own(stage: &Stage) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setProductId('freight');
         _na.sendModuleEvent('import', 1234);
         _na.sendModuleEvent('import', 77, { product: 'warehouse' });",
    )
    .await?;
    ensure!(
        module_ends(&rows) == [("import", "freight", 1234), ("import", "warehouse", 77)],
        "{rows:?}"
    );
    Ok(())
}

async fn a_change_of_user_ends_the_timing_under_the_old_user(stage: &Stage) -> Result<()> {
    let rows = events_of(
        stage,
        "_na.setProductId('freight'); _na.setModuleId('dashboard'); await pass(120);
         _na.setUserId('bob@acme.example'); await pass(120);
         _na.sendFeatureEvent('add_widget'); _na.setModuleId(null);",
    )
    .await?;
    let ends: Vec<_> = rows
        .iter()
        .filter(|row| row.action == "moduleEnd")
        .collect();
    ensure!(ends.len() == 2, "{rows:#?}");
    ensure!(ends[0].user_id == "ann@acme.example" && ends[1].user_id == "bob@acme.example");
    ensure!(
        ends.iter()
            .all(|row| row.time_spent.is_some_and(|ms| ms >= 120)),
        "{ends:?}"
    );
    ensure!(
        ends[0].session_id != ends[1].session_id,
        "a new user is a new session"
    );
    let feature = rows.iter().find(|row| row.action == "feature");
    ensure!(
        feature.is_some_and(|row| row.user_id == "bob@acme.example"
            && row.module.as_deref() == Some("dashboard")
            && row.session_id == ends[1].session_id),
        "{rows:#?}"
    );
    Ok(())
}
