//! Answers that do not come from a collector, or make no sense as such.

use anyhow::{Context, Result, ensure};
use natero_e2e::fault::Answer;
use natero_e2e::stage::Stage;

use crate::tracked::scripted;

pub async fn garbage_in_place_of_http_is_tried_again(stage: &Stage) -> Result<()> {
    let garbage = Answer::Raw(b"\x16\x03\x01 this is no HTTP\r\n\r\n".to_vec());
    let tracked = scripted(stage, [garbage, Answer::Reset]).await?;
    let names = ["a", "b"];
    tracked.make(&names).await?;
    let stats = tracked.until_delivered(2).await?;
    ensure!(
        stats["pending"] == 0 && stats["dropped"]["total"] == 0,
        "{stats}"
    );
    tracked.each_is_one_event(&names)?;
    tracked.page.is_unharmed().await.map(drop)
}

pub async fn an_answer_that_makes_no_sense_harms_nothing(stage: &Stage) -> Result<()> {
    for body in [
        "<!doctype html><title>Sign in to the network</title>",
        "",
        "null",
        "[]",
        r#"{"accepted":"many","rejected":"all"}"#,
        r#"{"accepted":1,"rejected":[null,7,{"line":"x"}]}"#,
        "{\"accepted\":",
    ] {
        let tracked = scripted(stage, [Answer::garbage(body)]).await?;
        tracked.make(&["a"]).await?;
        tracked.server.until_recorded(1).await?;
        tracked.make(&["b"]).await?;
        let stats = tracked
            .page
            .deliver()
            .await
            .with_context(|| format!("after {body:?}"))?;
        ensure!(
            stats["accepted"].as_u64()
                == Some(
                    stats["delivered"].as_u64().unwrap_or_default()
                        + stats["dropped"]["total"].as_u64().unwrap_or_default()
                ),
            "{body:?}: {stats}"
        );
        let sent = tracked.sent()?.concat();
        ensure!(sent.contains(&"b".to_owned()), "{body:?}: {sent:?}");
        tracked
            .page
            .is_unharmed()
            .await
            .with_context(|| format!("after {body:?}"))?;
    }
    Ok(())
}

pub async fn the_page_of_a_network_that_wants_a_sign_in_is_no_answer(stage: &Stage) -> Result<()> {
    let sign_in = Answer::garbage("<!doctype html><title>Sign in to the network</title>");
    let tracked = scripted(stage, [sign_in]).await?;
    tracked.make(&["a"]).await?;
    let stats = tracked.until_delivered(1).await?;
    ensure!(
        stats["requests"] == 2 && stats["retries"] == 1,
        "it was taken for an answer: {stats}"
    );
    tracked.each_is_one_event(&["a"])?;
    tracked.page.is_unharmed().await.map(drop)
}
