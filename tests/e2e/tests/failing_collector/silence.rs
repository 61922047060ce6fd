//! A collector that is down or slow, or whose answer is lost.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::rows::{events, until_events};
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{scripted, start};

pub async fn a_collector_that_is_not_there_gets_everything_once_it_is(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    server.set_down(true);
    let tracked = start(stage, server, collector.source()).await?;
    tracked.make(&["a", "b", "c"]).await?;
    let flushed: Value = tracked
        .page
        .run("return await _na.flush();", Value::Null)
        .await?;
    ensure!(
        flushed == json!({ "delivered": 0, "pending": 3, "rejected": 0 }),
        "{flushed}"
    );
    tracked.make(&["d"]).await?;
    tracked.server.set_down(false);
    let stats = tracked.until_delivered(4).await?;
    ensure!(stats["dropped"]["total"] == 0, "{stats}");
    let rows = until_events(&collector, "four events", |rows| rows.len() == 4).await?;
    let features: Vec<_> = rows
        .iter()
        .filter_map(|row| row.feature.as_deref())
        .collect();
    ensure!(features == ["a", "b", "c", "d"], "{features:?}");
    let seqs: Vec<_> = rows.iter().filter_map(|row| row.seq).collect();
    ensure!(seqs == [0, 1, 2, 3], "{seqs:?}");
    tracked.page.is_unharmed().await.map(drop)
}

pub async fn a_slow_collector_holds_up_nothing(stage: &Stage) -> Result<()> {
    let (hold, slow) = Answer::Accept.held();
    let tracked = scripted(stage, [slow]).await?;
    tracked.make(&["a"]).await?;
    tracked.server.until_recorded(1).await?;
    tracked.make(&["b", "c"]).await?;
    let waiting: Value = tracked.page.run("return _na.stats();", Value::Null).await?;
    ensure!(
        waiting["pending"] == 3 && waiting["delivered"] == 0,
        "{waiting}"
    );
    hold.release();
    tracked.until_delivered(3).await?;
    ensure!(
        tracked.sent()?.concat() == ["a", "b", "c"],
        "{:?}",
        tracked.sent()?
    );
    tracked.page.is_untroubled().await
}

pub async fn a_lost_answer_doubles_nothing_in_the_collector(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    server.script([Answer::ForwardThenReset]);
    let tracked = start(stage, server, collector.source()).await?;
    tracked.make(&["a", "b"]).await?;
    let stats = tracked.until_delivered(2).await?;
    ensure!(stats["accepted"] == 2, "{stats}");
    ensure!(
        tracked.sent()?.len() >= 2,
        "the batch was not sent again: {:?}",
        tracked.sent()?
    );
    let rows = events(&collector.db())?;
    ensure!(rows.len() == 2, "{rows:#?}");
    tracked.page.is_unharmed().await.map(drop)
}
