//! A backup of the file.

use natero_collector::store::sqlite::{self as store, rebuild};

use crate::{
    file::{OnFile, collector},
    support::feature,
};

#[tokio::test]
async fn a_backup_taken_while_events_arrive_is_whole() {
    let collector = collector();
    collector
        .send(
            (0..500)
                .map(|no| feature("acme", "ann", "export", no))
                .collect(),
        )
        .await;
    let copy = collector.db().with_file_name("copy.db");
    let conn = collector.sql();
    let sending = async {
        for no in 500..600 {
            collector
                .send(vec![feature("acme", "ann", "export", no)])
                .await;
        }
    };
    let (to, backed_up) = (copy.clone(), tokio::task::spawn_blocking(move || conn));
    let backup = async move {
        let conn = backed_up.await.unwrap();
        tokio::task::spawn_blocking(move || store::backup(&conn, &to))
            .await
            .unwrap()
            .unwrap();
    };
    tokio::join!(sending, backup);
    let mut copy = store::SqliteStore::open_for_command(&copy).unwrap();
    let rebuilt = rebuild::rebuild(&mut copy, false).unwrap();
    assert!(rebuilt.events >= 500, "{rebuilt:?}");
    assert!(rebuilt.differing.is_empty());
}
