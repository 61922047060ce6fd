//! Answers that refuse what was sent.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::fault::{Answer, FaultServer};
use natero_e2e::rows::events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

use crate::tracked::{scripted, source, start};

pub async fn unknown_keys_cost_their_batch_and_are_reported(stage: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let server = FaultServer::before(collector.url()).await?;
    let tracked = start(stage, server, &source()).await?;
    let page = &tracked.page;
    tracked.make(&["a", "b"]).await?;
    let flushed: Value = page
        .run(
            "return [await _na.flush(), _na.stats(), problems];",
            Value::Null,
        )
        .await?;
    ensure!(
        flushed[0] == json!({ "delivered": 0, "pending": 0, "rejected": 2 }),
        "{flushed}"
    );
    ensure!(flushed[1]["dropped"]["rejected"] == 2, "{flushed}");
    ensure!(flushed[2][0]["dropped"] == 2, "{flushed}");
    let console = page.is_unharmed().await?;
    ensure!(
        console.len() == 1 && console[0].contains("401") && console[0].contains("authKey"),
        "{console:?}"
    );
    ensure!(events(&collector.db())?.is_empty());

    tracked.server.otherwise(Answer::Accept);
    tracked.make(&["c"]).await?;
    tracked.until_delivered(1).await?;
    ensure!(
        tracked.sent()? == [vec!["a", "b"], vec!["c"]],
        "{:?}",
        tracked.sent()?
    );
    Ok(())
}

pub async fn a_batch_too_large_is_halved_until_it_fits(stage: &Stage) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(413), Answer::status(413)]).await?;
    let names = ["a", "b", "c", "d"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(4).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    let sizes: Vec<usize> = tracked.sent()?.iter().map(Vec::len).collect();
    ensure!(sizes[..3] == [4, 2, 1] && sizes.len() > 3, "{sizes:?}");
    tracked.each_is_one_event(&names)?;
    tracked.page.is_untroubled().await
}

pub async fn an_event_too_large_alone_is_dropped_and_its_neighbours_kept(
    stage: &Stage,
) -> Result<()> {
    let tracked = scripted(stage, [Answer::status(413), Answer::status(413)]).await?;
    tracked.make(&["huge", "kept"]).await?;
    let stats = tracked.until_delivered(1).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["too_large"] == 1,
        "{stats}"
    );
    ensure!(
        tracked.sent()? == [vec!["huge", "kept"], vec!["huge"], vec!["kept"]],
        "{:?}",
        tracked.sent()?
    );
    let problems: Value = tracked.page.run("return problems;", Value::Null).await?;
    ensure!(
        problems[0]["dropped"] == 1 && problems[0]["code"] == "too_large",
        "{problems}"
    );
    let console = tracked.page.is_unharmed().await?;
    ensure!(
        console.len() == 1 && console[0].contains("413"),
        "{console:?}"
    );
    Ok(())
}

pub async fn a_redeploy_that_answers_4xx_for_a_moment_costs_nothing(stage: &Stage) -> Result<()> {
    for statuses in [[404, 403], [405, 421], [423, 425]] {
        let tracked = scripted(stage, statuses.map(Answer::status)).await?;
        let names = ["a", "b"];
        tracked.make(&names).await?;
        let stats = tracked.until_delivered(2).await?;
        ensure!(stats["dropped"]["total"] == 0, "{statuses:?}: {stats}");
        tracked.each_is_one_event(&names)?;
        tracked.page.is_unharmed().await?;
    }
    Ok(())
}
