//! Migrations of files of all earlier versions.

use super::*;
use crate::model::calendar::Month;
use crate::store::event_key::{self, IdScope};
use crate::store::sqlite::{
    event_months,
    facts::Fact,
    loss, rebuild, retention,
    rows::{AccountRow, NameRow, SessionRow},
    segments::{self, Part, Table},
};

#[test]
fn a_fresh_file_gets_every_migration_and_a_second_run_changes_nothing() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate(&mut conn).unwrap();
    assert_eq!(version(&conn).unwrap(), MIGRATIONS.len() as i64);
    migrate(&mut conn).unwrap();
}

#[test]
fn a_file_of_every_earlier_version_keeps_its_events_and_gets_their_figures() {
    for earlier in 1..MIGRATIONS.len() {
        let mut conn = Connection::open_in_memory().unwrap();
        migrate_to(&mut conn, earlier).unwrap();
        let events = table_of_events(&mut conn, earlier);
        conn.execute_batch(&format!(
            "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
                 VALUES (x'00', x'00', '', 0, '[]', 0);
             INSERT INTO account_keys (hash, name, created_at) VALUES (x'01', 'crm', 0);
             INSERT INTO accounts (account_id) VALUES ('acme');
             INSERT INTO accounts (account_id, name, parent_no) VALUES ('below', 'Below', 1);
             INSERT INTO users (user_id, account_no) VALUES ('ann', 1);
             INSERT INTO {events} (event_id, account_id, user_id, session_id, created_at,
                 action, feature, total, stream_id, seq, received_at, source_id, set_aside)
             VALUES ('1', 'acme', 'ann', 's', 1, 'feature', 'x', 2, 't', 0, 1, 1, 0),
                    ('2', 'acme', 'ann', 's', 2, 'feature', 'y', 3, 't', 2, 1, 1, 0);"
        ))
        .unwrap();
        // Facts as an earlier version stored them.
        let figures = "INSERT INTO usage_segments (account_no, is_set_aside, first_hour,
             last_hour, facts, events, data) VALUES (2, 0, 0, 0, 0, 0, x'0102')";
        if (4..7).contains(&earlier) {
            conn.execute_batch(figures).unwrap();
        }
        migrate(&mut conn).unwrap();
        let all = |table: &str| -> i64 {
            let sql = format!("SELECT COUNT(*) FROM {table}");
            conn.query_row(&sql, [], |row| row.get(0)).unwrap()
        };
        assert_eq!(
            (all("sources"), all("account_keys"), all("users")),
            (1, 1, 1)
        );
        let below: (String, i64) = conn
            .query_row(
                "SELECT name, parent_no FROM accounts WHERE account_id = 'below'",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .unwrap();
        assert_eq!(below, ("Below".to_owned(), 1));
        // Damaged facts, and facts in the format of earlier versions, are recomputed.
        let rebuilt = rebuild::rebuild(&mut conn, false).unwrap();
        assert_eq!((rebuilt.events, rebuilt.facts), (2, 2));
        // From version 7 on, facts are added when events are stored, but this test inserted the
        // event without facts.
        let differing: &[&str] = if earlier < 7 { &[] } else { &["acme"] };
        assert_eq!(rebuilt.differing, differing);
        if earlier < 2 {
            let span = crate::model::usage::Span::ALL;
            let report = loss::report(&conn, span).unwrap();
            assert_eq!((report.made, report.missing), (3, 1));
        }
    }
}

/// The table for events of the first ms: the single table of all events, or from version 7 on the
/// one of their month.
fn table_of_events(conn: &mut Connection, version: usize) -> String {
    if version < 7 {
        return "events".to_owned();
    }
    let month = Month::at(1);
    let tx = conn.transaction().unwrap();
    event_months::create(&tx, month).unwrap();
    tx.commit().unwrap();
    event_months::table(month)
}

/// A blob of earlier versions. Each entry has the hours since the previous entry, and the users and
/// sessions of its facts.
fn hourly_blob(hours: &[(u8, &[(u8, u8)])]) -> Vec<u8> {
    let mut blob = Vec::new();
    for (hour, facts) in hours {
        blob.extend([*hour, 6 * facts.len() as u8]);
        for (user, session) in *facts {
            // One event, without a product, module and feature.
            blob.extend([1 << 3, *user, *session, 0, 0, 0]);
        }
    }
    blob
}

#[test]
fn facts_whose_events_are_deleted_are_kept_and_users_who_shared_a_session_get_one_each() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate_to(&mut conn, 5).unwrap();
    conn.execute_batch(
        "INSERT INTO accounts (account_id) VALUES ('acme');
         INSERT INTO users (user_id, account_no) VALUES ('ann', 1), ('bob', 1), ('cid', 1);
         INSERT INTO sessions (session_id) VALUES ('1'), ('unshared');
         INSERT INTO settings (name, value) VALUES ('events_from_hour', 9);",
    )
    .unwrap();
    let blob = hourly_blob(&[
        (5, &[(1, 1), (2, 1), (3, 1)]),
        (1, &[(2, 1)]),
        (1, &[(3, 0), (3, 2)]),
        // The events of this hour are also missing, although they should be stored.
        (2, &[(1, 1)]),
    ]);
    conn.execute(
        "INSERT INTO usage_segments (account_no, is_set_aside, first_hour, last_hour, facts,
             events, data) VALUES (1, 0, 5, 9, 7, 7, ?1)",
        [blob],
    )
    .unwrap();
    migrate(&mut conn).unwrap();
    let session_of = |fact: &Fact| -> Option<(u32, String)> {
        conn.query_row(
            "SELECT user_no, session_id FROM sessions WHERE no = ?1",
            [fact.key.session?],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .ok()
    };
    let part = Part {
        account: AccountRow::from_number(1).unwrap(),
        is_set_aside: false,
    };
    let sessions: Vec<_> = segments::read(&conn, Table::Stored, part)
        .unwrap()
        .iter()
        .map(|fact| {
            let user = fact.key.user.number();
            (fact.key.quarter, user, session_of(fact))
        })
        .collect();
    let one = |user| Some((user, "1".to_owned()));
    assert_eq!(
        sessions,
        [
            (20, 1, one(1)),
            (20, 2, one(2)),
            (20, 3, one(3)),
            (24, 2, one(2)),
            (28, 3, None),
            (28, 3, Some((3, "unshared".to_owned()))),
        ]
    );
    assert_eq!(retention::events_from(&conn).unwrap(), 36);
}

#[test]
fn segments_of_one_blob_are_split_and_keep_their_facts() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate_to(&mut conn, 6).unwrap();
    conn.execute_batch(
        "ALTER TABLE usage_segments RENAME COLUMN first_hour TO first_quarter;
         ALTER TABLE usage_segments RENAME COLUMN last_hour TO last_quarter;
         INSERT INTO accounts (account_id) VALUES ('acme');
         PRAGMA user_version = 10;",
    )
    .unwrap();
    let (same, session, one_fact, one_event, whole) = (1, 1, 1 << 1, 1 << 3, 1 << 4);
    let of_ann = [one_fact | one_event, 1, 7, 8, 9];
    let facts_of_bob = [one_event, 7, 8, 9, one_event | whole | same, 10, 3];
    let of_bob = [session | whole, 1, 4, 2, 3, facts_of_bob.len() as u8];
    let block = |quarter: u8, groups: &[u8]| [&[quarter, groups.len() as u8], groups].concat();
    let blob = [
        block(5, &[&of_ann[..], &of_bob, &facts_of_bob].concat()),
        block(2, &of_ann),
    ];
    conn.execute(
        "INSERT INTO usage_segments (account_no, is_set_aside, first_quarter, last_quarter, facts,
             events, data) VALUES (1, 1, 5, 7, 4, 4, ?1)",
        [blob.concat()],
    )
    .unwrap();
    migrate_to(&mut conn, 11).unwrap();
    let part = Part {
        account: AccountRow::from_number(1).unwrap(),
        is_set_aside: true,
    };
    let facts = segments::read(&conn, Table::Stored, part).unwrap();
    let found: Vec<_> = facts
        .iter()
        .map(|Fact { key, sums }| {
            let session = key.session.map(SessionRow::number);
            let names =
                [key.product, key.module, key.feature].map(|name| name.map(NameRow::number));
            let user = key.user.number();
            (
                key.quarter,
                user,
                session,
                names,
                sums.events,
                sums.features,
            )
        })
        .collect();
    let names = |feature| [Some(7), Some(8), Some(feature)];
    assert_eq!(
        found,
        [
            (5, 1, None, names(9), 1, 0.0),
            (5, 2, Some(4), names(9), 1, 0.0),
            (5, 2, Some(4), names(10), 1, 3.0),
            (7, 1, None, names(9), 1, 0.0),
        ]
    );
}

#[test]
fn refusals_are_grouped_by_kind_and_renewal_dates_become_days() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate_to(&mut conn, 11).unwrap();
    conn.execute_batch(
        r#"INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
               VALUES (x'00', x'00', '', 0, '[]', 0);
           INSERT INTO refusals (source_id, reason, account_id, lines, first_at, last_at) VALUES
               (1, '`created_at` 5 is before the year 2000; send ms', 'a', 2, 5, 6),
               (1, '`created_at` 6 is before the year 2000; send ms', 'a', 1, 7, 9),
               (1, '`user_id` is missing', '', 4, 1, 2);
           INSERT INTO accounts (account_id, details, own) VALUES
               ('ms', '{"renewal_date":1738281600000}',
                '{"details":{"renewal_date":"1738281600000","tier":1}}'),
               ('odd', '{"renewal_date":"soon"}', '{"details":{"renewal_date":"soon"}}');"#,
    )
    .unwrap();
    migrate(&mut conn).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    };
    let refusals = "SELECT concat_ws('|', kind, account_id, lines, first_at, last_at)
                    FROM refusals ORDER BY kind DESC";
    assert_eq!(
        texts(refusals),
        ["too_early|a|3|5|9", "`user_id` is missing||4|1|2"]
    );
    assert_eq!(
        texts("SELECT details || own FROM accounts ORDER BY account_id"),
        [
            r#"{"renewal_date":"2025-01-31"}{"details":{"renewal_date":"2025-01-31","tier":1}}"#,
            r#"{"renewal_date":"soon"}{"details":{"renewal_date":"soon"}}"#,
        ]
    );
}

#[test]
fn a_file_of_a_newer_version_is_not_changed() {
    let mut conn = Connection::open_in_memory().unwrap();
    conn.pragma_update(None, "user_version", 999).unwrap();
    let error = migrate(&mut conn).unwrap_err();
    assert!(matches!(error, StoreError::TooNew { found: 999, .. }));
}

#[test]
fn ids_that_a_trusted_source_has_given_are_known_in_their_own_scope() {
    let mut conn = Connection::open_in_memory().unwrap();
    migrate_to(&mut conn, 11).unwrap();
    let tx = conn.transaction().unwrap();
    event_months::create(&tx, Month::at(0)).unwrap();
    for (no, trusted) in [(1, 1), (2, 0)] {
        let (id, key) = (
            format!("order-{no}"),
            event_key::key(&format!("order-{no}"), IdScope::Public),
        );
        tx.execute_batch(&format!(
            "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
                 VALUES (x'0{no}', x'00', '', {trusted}, '[]', 0);
             INSERT INTO events_1970_01 (id, event_id, account_id, user_id, created_at, action,
                 received_at, source_id, set_aside)
                 VALUES ({no}, '{id}', 'acme', 'ann', 1, 'custom', 1, {no}, 0);"
        ))
        .unwrap();
        tx.execute(
            "INSERT INTO event_ids (key, month, id) VALUES (?1, 0, ?2)",
            rusqlite::params![key, no],
        )
        .unwrap();
    }
    tx.commit().unwrap();
    migrate(&mut conn).unwrap();
    let found = |id: &str, scope: IdScope| {
        event_ids::find(&conn, &event_key::key(id, scope))
            .unwrap()
            .is_some()
    };
    assert!(found("order-1", IdScope::Trusted) && !found("order-1", IdScope::Public));
    assert!(found("order-2", IdScope::Public) && !found("order-2", IdScope::Trusted));
}
