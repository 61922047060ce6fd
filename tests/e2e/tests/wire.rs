//! What is sent, and when.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use natero_e2e::collector::Source;
use natero_e2e::fault::{Answer, FaultServer, Recorded};
use natero_e2e::page::Page;
use natero_e2e::site::Site;
use natero_e2e::stage::Stage;
use serde_json::{Value, json};

natero_e2e::suite!(
    a_request_posts_lines_of_json_with_the_auth_key_first,
    each_action_has_exactly_its_own_fields,
    a_body_over_1_kib_is_gzipped_unless_compress_is_off,
    a_batch_leaves_when_it_is_full_or_old_enough,
    flush_and_stats_tell_what_became_of_each_event,
    a_flush_ends_in_a_page_that_goes_on_making_events,
    disable_event_send_sends_and_stores_nothing,
);

/// The fields of every event.
const COMMON: [&str; 9] = [
    "account_id",
    "user_id",
    "created_at",
    "session_id",
    "action",
    "event_id",
    "visitor_id",
    "stream_id",
    "seq",
];

struct Tracked<'a> {
    server: FaultServer,
    page: Page<'a>,
    _site: Site,
}

async fn start(stage: &Stage, settings: Value) -> Result<Tracked<'_>> {
    let server = FaultServer::start().await?;
    let site = stage.site().await?;
    let page = stage.open(&site, "/inline.html").await?;
    page.until("window.na").await?;
    let source = Source {
        auth_key: "the-auth".into(),
        api_key: "the-api".into(),
    };
    page.track(server.url(), &source, settings).await?;
    page.act("await _na.ready;", Value::Null).await?;
    Ok(Tracked {
        server,
        page,
        _site: site,
    })
}

async fn a_request_posts_lines_of_json_with_the_auth_key_first(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } = start(stage, json!({})).await?;
    page.act(
        "document.cookie = 'host=page';
         _na.sendFeatureEvent('a'); _na.sendFeatureEvent('b'); _na.sendFeatureEvent('c');
         await _na.flush();",
        Value::Null,
    )
    .await?;
    let recorded = server.recorded();
    ensure!(recorded.len() == 1, "{recorded:?}");
    let request = &recorded[0];
    ensure!(
        request.method == "POST" && request.target == "/v1/the-auth/the-api",
        "{request:?}"
    );
    let kind = request.header("content-type").unwrap_or_default();
    ensure!(
        kind.starts_with("text/plain") || kind.starts_with("application/json"),
        "the collector takes no {kind}"
    );
    ensure!(
        request.header("cookie").is_none(),
        "cookies of the host page were sent"
    );
    let text = request.text()?;
    ensure!(!text.contains('\r') && !text.starts_with('['), "{text}");
    let lines = request.lines()?;
    ensure!(
        lines.len() == 3 && lines.iter().all(Value::is_object),
        "{text}"
    );
    let features: Vec<_> = lines.iter().map(|line| line["feature"].as_str()).collect();
    ensure!(features == [Some("a"), Some("b"), Some("c")], "{text}");
    page.is_untroubled().await
}

async fn each_action_has_exactly_its_own_fields(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } = start(stage, json!({ "compress": false })).await?;
    let before: i64 = page.run("return Date.now();", Value::Null).await?;
    page.act(
        "_na.sendFeatureEvent('bare');
         _na.setProductId('freight'); _na.setModuleId('reports');
         _na.sendFeatureEvent('full', { total: 2.5, details: { rows: 3 } });
         _na.sendModuleEvent('import', 41.9);
         _na.setProductId(null);
         _na.sendModuleEvent('import', 7);
         _na.identifyUser('ann@acme.example', { first_name: 'Ann' });
         _na.identifyAccount('acme', { name: 'Acme' });
         _na.trackPageView({ url: 'https://host.example/a?b=1#c', title: 'A page' });
         await _na.flush();",
        Value::Null,
    )
    .await?;
    let after: i64 = page.run("return Date.now();", Value::Null).await?;
    let lines: Vec<Value> = server
        .recorded()
        .iter()
        .map(Recorded::lines)
        .collect::<Result<Vec<_>>>()?
        .concat();
    // Timings of the sticky module come in between; another test covers them.
    let lines: Vec<&Value> = lines
        .iter()
        .filter(|line| line["action"] != "moduleEnd" || line["module"] == "import")
        .filter(|line| line["action"] != "pageViewEnd")
        .collect();
    let expected = [
        json!({ "action": "feature", "feature": "bare", "total": 1 }),
        json!({ "action": "feature", "feature": "full", "total": 2.5, "module": "reports",
                "product": "freight", "details": { "rows": 3 } }),
        json!({ "action": "moduleEnd", "module": "import", "product": "freight", "time_spent": 41 }),
        json!({ "action": "moduleEnd", "module": "import", "time_spent": 7 }),
        json!({ "action": "identifyUser", "details": { "first_name": "Ann" } }),
        json!({ "action": "identifyAccount", "details": { "name": "Acme" } }),
        json!({ "action": "pageView", "url": "https://host.example/a?b=1#c", "title": "A page",
                "referrer": lines.last().map_or(Value::Null, |line| line["referrer"].clone()) }),
    ];
    ensure!(lines.len() == expected.len(), "{lines:#?}");
    let mut last_seq = None;
    let mut event_ids = BTreeSet::new();
    for (line, expected) in lines.iter().zip(&expected) {
        let mut own = (*line).clone();
        let fields = own.as_object_mut().expect("lines are objects");
        for name in COMMON {
            ensure!(fields.contains_key(name), "no {name} in {line}");
            if name != "action" {
                fields.remove(name);
            }
        }
        ensure!(&own == expected, "{own} is not {expected}");
        ensure!(
            line["account_id"] == "acme" && line["user_id"] == "ann@acme.example",
            "{line}"
        );
        ensure!(
            line["created_at"]
                .as_i64()
                .is_some_and(|at| (before..=after).contains(&at)),
            "created_at is no integer of now: {line}"
        );
        ensure!(line["stream_id"] == lines[0]["stream_id"], "{line}");
        ensure!(line["seq"].as_i64() > last_seq, "{line}");
        last_seq = line["seq"].as_i64();
        ensure!(
            event_ids.insert(line["event_id"].to_string()),
            "a second {}",
            line["event_id"]
        );
        for id in ["session_id", "visitor_id", "stream_id", "event_id"] {
            ensure!(
                line[id].as_str().is_some_and(|id| !id.is_empty()),
                "{id} of {line}"
            );
        }
    }
    page.is_untroubled().await
}

async fn a_body_over_1_kib_is_gzipped_unless_compress_is_off(stage: &Stage) -> Result<()> {
    for (compress, encoding) in [(true, Some("gzip")), (false, None)] {
        let Tracked { server, page, .. } = start(stage, json!({ "compress": compress })).await?;
        page.act(
            "for (let i = 0; i < 40; i += 1) _na.sendFeatureEvent('feature ' + i);
             await _na.flush();
             _na.sendFeatureEvent('small'); await _na.flush();",
            Value::Null,
        )
        .await?;
        let recorded = server.recorded();
        ensure!(recorded.len() == 2, "{recorded:?}");
        ensure!(
            recorded[0].header("content-encoding") == encoding,
            "{:?}",
            recorded[0].headers
        );
        ensure!(
            recorded[1].header("content-encoding").is_none(),
            "{:?}",
            recorded[1].headers
        );
        ensure!(recorded[0].lines()?.len() == 40);
        ensure!(
            !compress || recorded[0].wire.len() * 4 < recorded[0].text()?.len(),
            "{} bytes on the wire",
            recorded[0].wire.len()
        );
        page.is_untroubled().await?;
    }
    Ok(())
}

async fn a_batch_leaves_when_it_is_full_or_old_enough(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } =
        start(stage, json!({ "batchSize": 3, "flushInterval": 3_600_000 })).await?;
    page.act(
        "_na.sendFeatureEvent('a'); _na.sendFeatureEvent('b');",
        Value::Null,
    )
    .await?;
    page.let_pass(100).await?;
    ensure!(server.recorded().is_empty(), "two of three were sent");
    page.act("_na.sendFeatureEvent('c');", Value::Null).await?;
    ensure!(server.until_recorded(1).await?[0].lines()?.len() == 3);

    let Tracked { server, page, .. } = start(stage, json!({ "flushInterval": 50 })).await?;
    page.act(
        "_na.sendFeatureEvent('a'); _na.sendFeatureEvent('b');",
        Value::Null,
    )
    .await?;
    ensure!(server.until_recorded(1).await?[0].lines()?.len() == 2);
    Ok(())
}

async fn flush_and_stats_tell_what_became_of_each_event(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } = start(stage, json!({})).await?;
    let empty: Value = page.run("return await _na.flush();", Value::Null).await?;
    ensure!(
        empty == json!({ "delivered": 0, "pending": 0, "rejected": 0 }),
        "{empty}"
    );

    server.script([Answer::Status {
        code: 200,
        headers: Vec::new(),
        body: r#"{"accepted":2,"duplicates":0,"set_aside":0,
                  "rejected":[{"line":2,"error":"created_at lies in the future"}]}"#
            .to_owned(),
    }]);
    let flushed: Value = page
        .run(
            "for (const name of ['a', 'b', 'c']) _na.sendFeatureEvent(name);
             return [await _na.flush(), _na.stats(), problems];",
            Value::Null,
        )
        .await?;
    ensure!(
        flushed[0] == json!({ "delivered": 2, "pending": 0, "rejected": 1 }),
        "{flushed}"
    );
    ensure!(
        flushed[2][0]["dropped"] == 1
            && flushed[2][0]["message"]
                .as_str()
                .is_some_and(|m| m.contains("lies in the future")),
        "{flushed}"
    );
    let stats = &flushed[1];
    let wire: usize = server
        .recorded()
        .iter()
        .map(|request| request.wire.len())
        .sum();
    ensure!(
        stats["accepted"] == 3
            && stats["delivered"] == 2
            && stats["pending"] == 0
            && stats["dropped"]["rejected"] == 1
            && stats["dropped"]["total"] == 1
            && stats["requests"] == 1
            && stats["retries"] == 0,
        "{stats}"
    );
    ensure!(
        stats["bytesSent"].as_u64() == Some(wire as u64),
        "{wire} bytes came: {stats}"
    );
    Ok(())
}

async fn a_flush_ends_in_a_page_that_goes_on_making_events(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } = start(stage, json!({})).await?;
    page.act(
        "window.made = 0;
         window.making = setInterval(() => { _na.sendFeatureEvent('tick'); made += 1; }, 1);",
        Value::Null,
    )
    .await?;
    page.until("made > 20").await?;
    let told: Value = page
        .run(
            "const before = made;
             const flushed = await _na.flush();
             const delivered = _na.stats().delivered;
             clearInterval(making);
             await _na.flush();
             return { before, flushed, delivered, made, all: _na.stats().delivered };",
            Value::Null,
        )
        .await?;
    let number = |name: &str| told[name].as_u64();
    ensure!(number("delivered") >= number("before"), "{told}");
    ensure!(told["flushed"]["rejected"] == 0, "{told}");
    ensure!(number("all") == number("made"), "{told}");
    ensure!(!server.recorded().is_empty(), "nothing was sent");
    Ok(())
}

async fn disable_event_send_sends_and_stores_nothing(stage: &Stage) -> Result<()> {
    let Tracked { server, page, .. } = start(stage, json!({ "disableEventSend": true })).await?;
    let flushed: Value = page
        .run(
            "_na.setModuleId('reports'); _na.sendFeatureEvent('a');
             return [await _na.flush(), _na.getModuleId(), localStorage.length, document.cookie];",
            Value::Null,
        )
        .await?;
    ensure!(
        flushed == json!([{ "delivered": 0, "pending": 0, "rejected": 0 }, "reports", 0, ""]),
        "{flushed}"
    );
    ensure!(server.recorded().is_empty() && server.preflights() == 0);
    page.is_untroubled().await
}
