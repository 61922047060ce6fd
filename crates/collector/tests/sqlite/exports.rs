//! The export of events.

use natero_collector::{
    model::usage::Span,
    store::{
        export::{EventFilter, Format},
        sqlite::export,
    },
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    file::{OnFile, collector},
    restore::fill,
    running::natero,
    support::*,
};

#[tokio::test]
async fn an_export_can_be_sent_to_another_collector() {
    let collector = collector();
    let events = vec![
        with(
            feature("acme", "ann", "a \"b\", c", "1"),
            json!({
                "total": 2.5, "product": "p", "plan": "gold", "details": {"x": [1, 2]},
                "stream_id": "t", "seq": 0, "url": "https://x/ü",
            }),
        ),
        json!({"account_id": "acme", "user_id": "bob", "created_at": NOW + DAY, "action": "custom"}),
    ];
    collector.post(ndjson(&events)).await;
    let write = |format: Format, account: Option<&str>| {
        let mut out = Vec::new();
        let wanted = EventFilter {
            span: Span::ALL,
            account_id: account.map(str::to_owned),
        };
        let count = export::export(&collector.sql(), &wanted, format, &mut out).unwrap();
        (count, String::from_utf8(out).unwrap())
    };
    let (count, text) = write(Format::Ndjson, None);
    assert_eq!(count, 2);
    assert_eq!(
        serde_json::from_str::<Value>(text.lines().next().unwrap()).unwrap(),
        events[0]
    );

    let other = crate::file::collector();
    let receipt = other.post(text.clone()).await.json();
    assert_eq!(receipt["accepted"], 2);
    assert_eq!(collector.post(text).await.json()["duplicates"], 2);
    assert_eq!(
        other.get("/api/v2/accounts/acme/usage?by=user").await,
        collector.get("/api/v2/accounts/acme/usage?by=user").await
    );

    let (_, csv) = write(Format::Csv, Some("acme"));
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.contains("\"a \"\"b\"\", c\""));
    assert_eq!(write(Format::Csv, Some("nobody")).0, 0);
}

#[tokio::test]
async fn no_cell_of_an_exported_table_is_a_formula() {
    let collector = collector();
    let formula = "=HYPERLINK(\"https://x\")";
    collector
        .send(vec![with(
            feature("@acme", "+ann", formula, "-1"),
            json!({"title": "\t=1", "url": "-2+3", "details": {"a": "=1"}}),
        )])
        .await;
    let mut out = Vec::new();
    let all = EventFilter {
        span: Span::ALL,
        account_id: None,
    };
    export::export(&collector.sql(), &all, Format::Csv, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    for cell in ["'@acme", "'+ann", "'=HYPERLINK", "'\t=1", "'-2+3", "'-1"] {
        assert!(text.contains(cell), "{cell} is not in {text}");
    }
    let rows = text.lines().skip(1).flat_map(|row| row.split(','));
    for cell in rows.map(|cell| cell.trim_matches('"')) {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
    }
}

#[test]
fn an_export_of_an_unknown_account_is_refused() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("n.db");
    fill(&db, 1);
    let export = |account: &str| natero(&db, &["export", "--account", account]);
    assert!(export("acme").status.success());
    let refused = export("acne");
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success());
    assert!(error.contains("no account \"acne\""), "{error}");
}
