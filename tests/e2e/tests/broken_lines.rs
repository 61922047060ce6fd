//! A broken line does not affect other lines.

use anyhow::{Result, ensure};
use natero_e2e::collector::Collector;
use natero_e2e::rows::events;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    three_broken_lines_of_a_hundred_cost_nothing_else,
    the_same_body_again_adds_nothing,
);

/// The broken lines among a hundred, each broken in another way.
const BROKEN: [(usize, &str); 3] = [
    (10, r#"{"account_id":"acme","user_id":"#),
    (50, r#"["no","object"]"#),
    (
        100,
        r#"{"account_id":"acme","action":"feature","feature":"without a user"}"#,
    ),
];

fn hundred_lines() -> String {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64);
    (1..=100)
        .map(
            |line| match BROKEN.iter().find(|(broken, _)| *broken == line) {
                Some((_, text)) => format!("{text}\n"),
                None => {
                    let event = json!({
                        "account_id": "acme", "user_id": "ann", "session_id": "s-1",
                        "created_at": now, "action": "feature", "feature": format!("f{line}"),
                        "total": line, "product": "freight", "event_id": format!("e-{line}"),
                    });
                    format!("{event}\n")
                }
            },
        )
        .collect()
}

async fn post(collector: &Collector, body: String) -> Result<Value> {
    let answer = reqwest::Client::new()
        .post(collector.event_url())
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await?;
    ensure!(
        answer.status() == 200,
        "{}: {}",
        answer.status(),
        answer.text().await?
    );
    Ok(answer.json().await?)
}

async fn three_broken_lines_of_a_hundred_cost_nothing_else(_: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let answer = post(&collector, hundred_lines()).await?;
    ensure!(
        answer["accepted"] == 97 && answer["duplicates"] == 0,
        "{answer}"
    );
    let rejected = answer["rejected"].as_array().cloned().unwrap_or_default();
    let lines: Vec<_> = rejected.iter().map(|line| line["line"].as_u64()).collect();
    ensure!(
        lines == BROKEN.map(|(line, _)| Some(line as u64)),
        "{answer}"
    );
    ensure!(
        rejected
            .iter()
            .all(|line| line["error"].as_str().is_some_and(|error| error.len() > 10)),
        "{answer}"
    );
    // The batch is committed when the answer arrives, so there is nothing to wait for.
    let rows = events(&collector.db())?;
    let expected: Vec<String> = (1..=100)
        .filter(|line| BROKEN.iter().all(|(broken, _)| broken != line))
        .map(|line| format!("e-{line}"))
        .collect();
    let ids: Vec<String> = rows.iter().map(|row| row.event_id.clone()).collect();
    ensure!(ids == expected, "{ids:?}");
    for row in &rows {
        let line = row.total.unwrap_or_default();
        ensure!(
            row.feature.as_deref() == Some(&*format!("f{line}")),
            "{row:?}"
        );
        ensure!(
            row.product.as_deref() == Some("freight") && row.user_id == "ann",
            "{row:?}"
        );
    }
    Ok(())
}

async fn the_same_body_again_adds_nothing(_: &Stage) -> Result<()> {
    let collector = Collector::start()?;
    let body = hundred_lines();
    post(&collector, body.clone()).await?;
    let answer = post(&collector, body).await?;
    ensure!(
        answer["accepted"] == 0 && answer["duplicates"] == 97,
        "{answer}"
    );
    ensure!(
        answer["rejected"]
            .as_array()
            .is_some_and(|all| all.len() == 3),
        "{answer}"
    );
    ensure!(events(&collector.db())?.len() == 97);
    Ok(())
}
