//! Changes that PostgreSQL rolls back because they conflict with others.

use natero_collector::{
    model::{
        account::AccountPatch,
        alert_rule::AlertRule,
        calendar::TimeZone,
        erasure::{Erasure, ErasureKind},
        financial::Financial,
        record_kind::RecordKind,
        user::UserPatch,
        webhook::{WebhookSecret, WebhookUrl},
    },
    store::{
        Store,
        import::{Import, ImportKind},
        records::NewRecords,
        sessions::NewSession,
    },
};
use serde_json::{Value, json};

use crate::pair::{NOW, Pair};

/// The number of changes that fail from now on.
const CONFLICTS: i64 = 2;

/// Makes each change of a table fail as a deadlock does, until `CONFLICTS` have failed. A sequence
/// keeps counting when a transaction is rolled back.
async fn prepare(pair: &Pair) {
    pair.sql("CREATE SEQUENCE conflicts").await;
    pair.sql("SELECT setval('conflicts', 1000)").await;
    pair.sql(&format!(
        "CREATE FUNCTION conflict() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF nextval('conflicts') <= {CONFLICTS} THEN
                 RAISE EXCEPTION 'deadlock detected' USING ERRCODE = 'deadlock_detected';
             END IF;
             RETURN NULL;
         END $$"
    ))
    .await;
    pair.sql(
        "DO $$ DECLARE name text; BEGIN
             FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
                 EXECUTE format('CREATE TRIGGER conflict BEFORE INSERT OR UPDATE OR DELETE ON %I
                     FOR EACH STATEMENT EXECUTE FUNCTION conflict()', name);
             END LOOP;
         END $$",
    )
    .await;
}

fn account(record: Value) -> AccountPatch {
    AccountPatch::from_record(record, None).unwrap()
}

fn user(record: Value) -> UserPatch {
    UserPatch::from_record(record, None).unwrap()
}

fn rule(name: &str) -> AlertRule {
    let record = json!({"name": name, "when": "new_user", "account_id": "a"});
    AlertRule::from_record(record).unwrap()
}

fn import(kind: ImportKind, record: Value) -> Import {
    Import {
        kind,
        records: vec![(1, record)],
        is_dry_run: false,
    }
}

fn event(n: i64, user: &str) -> Value {
    json!({
        "event_id": format!("c/{n}"), "account_id": "a", "user_id": user, "created_at": NOW,
        "action": "feature", "feature": "f", "stream_id": "s", "seq": n,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_that_conflicts_with_others_is_repeated() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    prepare(&pair).await;
    let store: &dyn Store = &*pair.scaled;
    let source = pair.source(store, false).await;
    let key = store.reader(&pair.account_key).await.unwrap().unwrap().id;
    macro_rules! conflicting {
        ($change:expr) => {{
            pair.sql("SELECT setval('conflicts', 1, false)").await;
            let done = $change.await;
            let failed = pair.try_count("SELECT last_value FROM conflicts").await;
            assert!(failed.unwrap() > CONFLICTS, "{}", stringify!($change));
            done.unwrap_or_else(|cause| panic!("{}: {cause}", stringify!($change)))
        }};
    }

    for (n, name) in [(0, "u"), (1, "gone")] {
        let stored = conflicting!(pair.try_send(store, &source, &[event(n, name)]));
        assert_eq!(stored.accepted, 1);
    }
    let named = |id: &str| account(json!({"account_id": id, "name": id}));
    conflicting!(store.put_account(named("b"), NOW)).unwrap();
    conflicting!(store.put_accounts(vec![(0, named("c")), (1, named("d"))], NOW));
    conflicting!(store.deactivate_account("d".into()));
    let placed = |id: &str| user(json!({"user_id": id, "account_id": "b"}));
    conflicting!(store.put_user(placed("v"), NOW)).unwrap();
    conflicting!(store.put_users(vec![(0, placed("w"))], NOW));
    conflicting!(store.deactivate_user("w".into()));
    let record = json!({"account_id": "e", "parent_account_id": "phantom"});
    let report = conflicting!(store.import(import(ImportKind::Accounts, record.clone()), NOW));
    assert_eq!(report.created, ["e"]);
    let record = json!({"user_id": "x", "account_id": "e"});
    let report = conflicting!(store.import(import(ImportKind::Users, record.clone()), NOW));
    assert_eq!(report.created, ["x"]);

    let paid = json!({"id": "1", "name": "fee", "date": NOW, "amount": 5, "currency": "EUR"});
    let records = || NewRecords::Financials(vec![Financial::from_record(&paid).unwrap()]);
    assert!(conflicting!(store.put_records("b".into(), records(), NOW)));
    let removed = store.delete_record("b".into(), RecordKind::Financials, "1".into());
    assert_eq!(conflicting!(removed), Some(true));

    let id = conflicting!(store.add_alert_rule(rule("r"), NOW)).unwrap();
    assert!(conflicting!(store.replace_alert_rule(id, rule("s"))).unwrap());
    conflicting!(store.check_alert_rule(id, TimeZone::UTC, NOW));
    assert!(conflicting!(store.delete_alert_rule(id)));
    let url = || WebhookUrl::parse("https://example.com/hook").unwrap();
    let secret = || WebhookSecret::from_bytes(vec![1; 24]);
    conflicting!(store.set_webhook(url(), secret(), NOW));
    assert!(conflicting!(store.remove_webhook()));

    conflicting!(store.clear_refusals());
    conflicting!(store.save_view("v".into(), "/".into(), NOW));
    conflicting!(store.delete_view(1));
    let session = || NewSession {
        id: "session".into(),
        key,
        previous: Vec::new(),
    };
    conflicting!(store.begin_session(session(), NOW));
    conflicting!(store.touch_session("session".into(), NOW));
    conflicting!(store.end_session("session".into()));
    conflicting!(store.probe(NOW, true));

    let erased = conflicting!(store.erase(Erasure::of(ErasureKind::User, "gone"))).unwrap();
    assert_eq!(erased.events, 1);
    let removed = pair.sql("UPDATE accounts SET parent_no = NULL").await;
    assert!(removed > 0);
    assert!(conflicting!(store.remove_undescribed("phantom".into())));
    pair.ship().await;
    conflicting!(store.prune(NOW + 24 * 60 * 60_000));
}
