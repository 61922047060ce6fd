//! A wasm that is loaded before the page is left.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::until_events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::scene::collector_is_empty;

pub async fn calls_before_the_wasm_is_there_lose_nothing_and_keep_their_time(
    stage: &Stage,
) -> Result<()> {
    let collector = Collector::start()?;
    let site = stage.site().await?;
    let hold = site.hold(".wasm");
    let page = stage.open(&site, "/esm.html").await?;
    page.until("window.na").await?;
    // Everything is set by calls, even the identity.
    page.track(
        collector.url(),
        collector.source(),
        json!({ "accountId": null, "userId": null }),
    )
    .await?;
    site.until_requested(".wasm").await?;
    let calls = [
        "_na.setAccountId('acme'); _na.setUserId('ann@acme.example');",
        "_na.setProductId('freight'); _na.setModuleId('dashboard');",
        "_na.sendFeatureEvent('first', 2);",
        "_na.setModuleId('reports');",
        "_na.sendFeatureEvent('second', { details: { n: 1 } });",
        "_na.sendModuleEvent('import', 500);",
        "_na.identifyUser('ann@acme.example', { first_name: 'Ann' });",
        "window.flushed = _na.flush();",
    ];
    // The time before and after each call, by the wall clock and by the monotonic clock.
    let mut times: Vec<(i64, i64)> = Vec::new();
    let mut ticks: Vec<(f64, f64)> = Vec::new();
    for call in calls {
        let (before, after): ((i64, f64), (i64, f64)) = page
            .run(
                &format!(
                    "const clocks = () => [Date.now(), performance.now()];
                     const before = clocks(); {call} return [before, clocks()];"
                ),
                Value::Null,
            )
            .await?;
        times.push((before.0, after.0));
        ticks.push((before.1, after.1));
        page.let_pass(120).await?;
    }
    let released_at: i64 = page
        .run("window.early = _na.ready; return Date.now();", Value::Null)
        .await?;
    ensure!(
        collector_is_empty(&collector)?,
        "something was sent without the wasm"
    );
    hold.release();
    let ready: bool = page.run("return await early;", Value::Null).await?;
    ensure!(ready, "the tracker is off");
    let flushed: Value = page.run("return await flushed;", Value::Null).await?;
    ensure!(
        flushed["pending"] == 0 && flushed["rejected"] == 0,
        "{flushed}"
    );
    page.deliver().await?;

    let rows = until_events(&collector, "five events", |rows| rows.len() >= 5).await?;
    let made: Vec<_> = rows
        .iter()
        .map(|row| {
            let name = row
                .feature
                .as_deref()
                .or(row.module.as_deref())
                .unwrap_or("-");
            (row.action.as_str(), name, row.seq.unwrap_or(-1))
        })
        .collect();
    ensure!(
        made == [
            ("feature", "first", 0),
            ("moduleEnd", "dashboard", 1),
            ("feature", "second", 2),
            ("moduleEnd", "import", 3),
            ("identifyUser", "-", 4),
        ],
        "{made:?}"
    );
    for (row, call) in rows.iter().zip([2, 3, 4, 5, 6]) {
        let (before, after) = times[call];
        ensure!(
            (before..=after).contains(&row.created_at) && row.created_at < released_at,
            "{} of call {call} says {}, the call was made in {before}..={after}",
            row.action,
            row.created_at
        );
        ensure!(
            row.account_id == "acme" && row.user_id == "ann@acme.example",
            "{row:?}"
        );
    }
    ensure!(rows[0].product.as_deref() == Some("freight") && rows[0].total == Some(2.0));
    ensure!(rows[0].module.as_deref() == Some("dashboard"), "{rows:?}");
    ensure!(rows[2].module.as_deref() == Some("reports"), "{rows:?}");
    ensure!(rows[2].details == Some(json!({ "n": 1 })), "{rows:?}");
    ensure!(rows[3].time_spent == Some(500), "{rows:?}");
    // The module was open from the call that set it to the call that left it. The time may
    // be up to 1 ms longer, because fractions of a ms are carried over to the next whole
    // one.
    let open = (ticks[3].0 - ticks[1].1) as i64..=(ticks[3].1 - ticks[1].0) as i64 + 1;
    ensure!(
        rows[1].time_spent.is_some_and(|ms| open.contains(&ms)),
        "{open:?} {:?}",
        rows[1]
    );
    page.is_untroubled().await
}
