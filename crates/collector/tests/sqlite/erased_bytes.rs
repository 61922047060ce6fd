//! After an erasure, no byte of the user is left in the file, its log or its backups.

use std::fs;

use natero_collector::store::sqlite::backup;
use serde_json::json;

use crate::{
    file::{OnFile, collector},
    support::*,
};

/// Ids without common prefixes, so that they are spread over the pages of an index.
fn user(no: usize) -> String {
    format!(
        "{:x}-person-{no}-of-many",
        (no as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
}

fn count_in(bytes: &[u8], text: &str) -> usize {
    let text = text.as_bytes();
    bytes
        .windows(text.len())
        .filter(|part| *part == text)
        .count()
}

/// How often each text occurs in the database, its inbox, their logs and a new backup.
async fn found(collector: &Collector, texts: &[&str]) -> Vec<(String, usize)> {
    let copy = collector.db().with_file_name("backup.db");
    let _ = fs::remove_file(&copy);
    let before = ["", "-wal", "-inbox", "-inbox-wal"].map(|ending| {
        let path = collector.db().with_file_name(format!("natero.db{ending}"));
        fs::read(path).unwrap_or_default()
    });
    backup(&collector.sql(), &copy).unwrap();
    let mut found = Vec::new();
    for text in texts {
        let in_each = before.iter().map(|bytes| count_in(bytes, text));
        let sum = in_each.sum::<usize>() + count_in(&fs::read(&copy).unwrap(), text);
        if sum > 0 {
            found.push(((*text).to_owned(), sum));
        }
    }
    found
}

#[tokio::test]
async fn an_erased_user_is_in_no_byte_of_the_database_its_inbox_their_logs_or_a_backup() {
    let collector = collector();
    let erased = user(77);
    let texts = [erased.as_str(), "person-77-of", "stream-of-77-"];
    // One batch at a time, in quick succession, so that they wait in the inbox. Some are of
    // months that retention deletes, and some of later ones.
    for round in 0..3_i64 {
        for no in 0..400 {
            let id = user(no);
            let event = with(
                feature(
                    &format!("account {}", no % 7),
                    &id,
                    "export",
                    format!("{no}-{round}-{id}"),
                ),
                json!({
                    "session_id": format!("s-{id}"), "created_at": NOW - round * 40 * DAY,
                    "stream_id": format!("stream-of-{no}-{id}"), "seq": round,
                    "visitor_id": id, "url": format!("https://x/{id}"),
                    "details": {"first_name": id},
                    "action": if round == 1 { "identifyUser" } else { "feature" },
                }),
            );
            collector.send(vec![event]).await;
        }
    }
    let record = json!({"user_id": erased, "last_name": format!("{erased} the Third")});
    let path = format!("/api/v2/account_users/{erased}");
    let put = collector.call("PUT", &path, Some(record)).await;
    assert_eq!(put.status, 200, "{}", put.text);
    assert!(!found(&collector, &texts).await.is_empty());
    collector.prune(NOW - 20 * DAY).await;
    let answer = collector
        .call("DELETE", &format!("{path}?erase=true"), None)
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(found(&collector, &texts).await, []);
    assert_eq!(collector.count("SELECT COUNT(*) FROM streams"), 399);
    assert_eq!(collector.count("SELECT COUNT(*) FROM users"), 399);
    assert_eq!(collector.count("SELECT COUNT(*) FROM free_pages"), 0);
}
