//! Accounts, users, records, settings and sessions.
#![allow(
    unused_must_use,
    reason = "what is compared is not looked at once more"
)]

use natero_collector::{
    model::{
        account::AccountPatch,
        alert_rule::AlertRule,
        financial::Financial,
        note::{Note, NoteKind},
        page::Page,
        record::RecordError,
        record_kind::RecordKind,
        user::UserPatch,
        webhook::{WebhookSecret, WebhookUrl},
    },
    store::{
        Store,
        accounts::{AccountsQuestion, UsersQuestion},
        import::{Import, ImportKind},
        list_filter::ListFilter,
        records::NewRecords,
    },
};
use serde_json::{Value, json};

use crate::pair::{NOW, Pair, same};

const PAGE: Page = Page {
    limit: 3,
    number: 1,
};

fn account(record: Value) -> AccountPatch {
    AccountPatch::from_record(record, None).unwrap()
}

fn user(record: Value) -> UserPatch {
    UserPatch::from_record(record, None).unwrap()
}

fn searched(text: &str) -> ListFilter {
    ListFilter {
        search: Some(text.to_owned()),
        ..ListFilter::default()
    }
}

/// A filter by a dimension.
fn having(name: &str, value: &str) -> ListFilter {
    ListFilter {
        dimensions: [(name.to_owned(), value.to_owned())].into(),
        ..ListFilter::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_and_their_tree_are_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    for record in [
        json!({"account_id": "b", "parent_account_id": "a", "name": "B", "tier": 1}),
        json!({"account_id": "c", "parent_account_id": "b", "join_date": "2024-05-01"}),
        json!({"account_id": "a", "parent_account_id": "c"}),
        json!({"account_id": "a", "parent_account_id": "a"}),
        json!({"account_id": "b", "tier": null, "name": null, "stage": "trial"}),
        json!({"account_id": "Ä", "name": "Größe", "parent_account_id": "a"}),
        json!({"account_id": "c", "is_deleted": true}),
        json!({"account_id": "c", "parent_account_id": null}),
    ] {
        same!(pair, store => store.put_account(account(record.clone()), NOW));
    }
    let bulk = || -> Vec<_> {
        (0..30)
            .map(|n| {
                let parent = format!("deep {}", n + 1);
                (
                    n,
                    account(
                        json!({"account_id": format!("deep {n}"), "parent_account_id": parent}),
                    ),
                )
            })
            .collect()
    };
    same!(pair, store => store.put_accounts(bulk(), NOW));
    let closing = json!({"account_id": "deep 30", "parent_account_id": "deep 0"});
    let refused = same!(pair, store => store.put_account(account(closing.clone()), NOW));
    assert!(matches!(refused, Err(RecordError::Cycle(_))));
    same!(pair, store => store.deactivate_account("b".into()));
    same!(pair, store => store.deactivate_account("nobody".into()));
    for id in ["a", "b", "c", "Ä", "deep 0", "nobody"] {
        same!(pair, store => store.account(id.into()));
    }
    for question in [
        AccountsQuestion::default(),
        AccountsQuestion {
            parent: Some("a".into()),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            parent: Some("nobody".into()),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            roots_only: true,
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: searched("GRÖ"),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: searched("deep 1"),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: searched("größe"),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: having("tier", "2"),
            is_leaf: Some(true),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: having("stage", "trial"),
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            filter: ListFilter {
                is_deleted: Some(true),
                ..ListFilter::default()
            },
            ..AccountsQuestion::default()
        },
        AccountsQuestion {
            hierarchy_label: Some("region".into()),
            is_leaf: Some(false),
            ..AccountsQuestion::default()
        },
    ] {
        for number in 1..4 {
            let page = Page { number, ..PAGE };
            same!(pair, store => store.accounts(question.clone(), page));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_placements_in_a_deep_tree_are_the_same() {
    const DEPTH: usize = 400;
    let Some(pair) = Pair::new().await else {
        return;
    };
    let placed = |parents: &dyn Fn(usize) -> usize| -> Vec<_> {
        (1..DEPTH)
            .map(|n| {
                let parent = format!("a{}", parents(n));
                let record = json!({"account_id": format!("a{n}"), "parent_account_id": parent});
                (n, account(record))
            })
            .collect()
    };
    same!(pair, store => store.put_accounts(placed(&|n| n - 1), NOW));
    // Enough accounts that the tree is read into memory during the call, with cycles among
    // the moves.
    let scattered = |n: usize| (n * 7 + 13) % DEPTH;
    let outcomes = same!(pair, store => store.put_accounts(placed(&scattered), NOW));
    let refused = outcomes.iter().filter(|(.., outcome)| outcome.is_err());
    assert!((50..350).contains(&refused.count()), "{outcomes:?}");
    let all = Page {
        limit: DEPTH as i64,
        number: 1,
    };
    same!(pair, store => store.accounts(AccountsQuestion::default(), all));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_not_its_own_parent_by_a_letter_that_is_stored_as_another() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let record = json!({"account_id": "a\0", "parent_account_id": "a\u{2400}"});
    let store: &dyn Store = &*pair.scaled;
    let refused = store.put_account(account(record), NOW).await.unwrap();
    assert!(matches!(refused, Err(RecordError::Cycle(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_what_events_say_of_them_are_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let said = |id: &str, at: i64, user: &str, details: Value| {
        json!({
            "event_id": id, "account_id": "a", "user_id": user, "created_at": NOW + at,
            "action": "identifyUser", "details": details, "stream_id": "s", "seq": at,
        })
    };
    pair.send(
        &[
            said("1", 2, "u", json!({"first_name": "New", "plan": "gold"})),
            said("2", 1, "u", json!({"first_name": "Old", "size": 3})),
            said("3", 3, "v", json!({"last_name": "Vow"})),
        ],
        false,
    )
    .await;
    pair.send(&[said("4", 0, "u", json!({"last_name": "Trusted"}))], true)
        .await;
    for record in [
        json!({"user_id": "u", "first_name": null, "role": "admin"}),
        json!({"user_id": "u", "account_id": "b"}),
        json!({"user_id": "u", "account_id": "b", "move": true}),
        json!({"user_id": "w"}),
        json!({"user_id": "w", "account_id": "b", "is_deleted": true}),
    ] {
        same!(pair, store => store.put_user(user(record.clone()), NOW + 10));
    }
    same!(pair, store => store.put_users(vec![
        (0, user(json!({"user_id": "x", "account_id": "a"}))),
        (1, user(json!({"user_id": "y"}))),
    ], NOW));
    same!(pair, store => store.deactivate_user("v".into()));
    for id in ["u", "w", "x", "nobody"] {
        same!(pair, store => store.user(id.into()));
    }
    for account in [None, Some("a"), Some("b"), Some("nobody")] {
        same!(pair, store => store.users(UsersQuestion::of(account.map(str::to_owned)), PAGE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_says_and_changes_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    let event = json!({
        "event_id": "1", "account_id": "leaf", "user_id": "u", "created_at": NOW,
        "action": "feature", "feature": "f",
    });
    pair.send(&[event], false).await;
    let accounts: Vec<(u64, Value)> = [
        json!({"account_id": "new", "parent_account_id": "leaf"}),
        json!({"account_id": "leaf", "name": "Leaf", "parent_account_id": "misspelt"}),
        json!({"name": "no id"}),
        json!({"account_id": "new", "parent_account_id": "new"}),
    ]
    .into_iter()
    .zip(2..)
    .map(|(record, line)| (line, record))
    .collect();
    let users: Vec<(u64, Value)> = vec![
        (2, json!({"user_id": "u", "account_id": "leaf"})),
        (3, json!({"user_id": "v", "account_id": "elsewhere"})),
        (4, json!({"user_id": "u", "account_id": "new"})),
    ];
    for is_dry_run in [true, false] {
        let import = |kind, records: &Vec<_>| Import {
            kind,
            records: records.clone(),
            is_dry_run,
        };
        let report =
            same!(pair, store => store.import(import(ImportKind::Accounts, &accounts), NOW));
        assert_eq!(report.parents_with_usage.len(), 1, "{report:?}");
        same!(pair, store => store.import(import(ImportKind::Users, &users), NOW));
        same!(pair, store => store.accounts(AccountsQuestion::default(), PAGE));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_and_their_sums_are_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    for record in [
        json!({"account_id": "a"}),
        json!({"account_id": "b", "parent_account_id": "a"}),
        json!({"account_id": "gone", "parent_account_id": "a", "is_deleted": true}),
    ] {
        same!(pair, store => store.put_account(account(record.clone()), NOW));
    }
    for (of, record) in [
        (
            "a",
            json!({"date": "2023-05-01", "name": "MRR", "amount": "10.5", "currency": "EUR"}),
        ),
        (
            "a",
            json!({"date": "2023-05-02", "name": "mrr", "amount": 12, "currency": "CHF"}),
        ),
        (
            "b",
            json!({"id": "x", "date": "2023-04-30", "name": "MRR", "amount": 1, "currency": "EUR"}),
        ),
        (
            "b",
            json!({"id": "x", "date": "2023-06-30", "name": "MRR", "amount": 2, "currency": "EUR"}),
        ),
        (
            "gone",
            json!({"date": "2023-05-01", "name": "MRR", "amount": 99, "currency": "EUR"}),
        ),
        (
            "nobody",
            json!({"date": "2023-05-01", "name": "MRR", "amount": 1, "currency": "EUR"}),
        ),
    ] {
        let record = Financial::from_record(&record).unwrap();
        let records = || NewRecords::Financials(vec![record.clone()]);
        same!(pair, store => store.put_records(of.into(), records(), NOW));
    }
    for (kind, record) in [
        (NoteKind::AssignedCsms, json!({"email": "A@x", "name": "A"})),
        (
            NoteKind::AssignedCsms,
            json!({"email": "a@X", "name": "again"}),
        ),
        (
            NoteKind::SupportTickets,
            json!({"id": "7", "date": "2023-05-01", "status": "open"}),
        ),
        (
            NoteKind::SupportTickets,
            json!({"id": "7", "status": "closed"}),
        ),
        (NoteKind::Notes, json!({"text": "hello"})),
    ] {
        let note = Note::from_record(&record).unwrap();
        let records = || NewRecords::Notes(kind, vec![note.clone()]);
        same!(pair, store => store.put_records("a".into(), records(), NOW));
    }
    for kind in RecordKind::ALL {
        for of in ["a", "b", "nobody"] {
            same!(pair, store => store.records(of.into(), kind, PAGE));
        }
    }
    same!(pair, store => store.summary("a".into(), NOW));
    same!(pair, store => store.delete_record("b".into(), RecordKind::Financials, "x".into()));
    same!(pair, store => store.delete_record("b".into(), RecordKind::Financials, "x".into()));
    same!(pair, store => store.delete_manager("a".into(), "a@x".into()));
    same!(pair, store => store.summary("a".into(), NOW));
    same!(pair, store => store.summary("nobody".into(), NOW));
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_sessions_are_the_same() {
    let Some(pair) = Pair::new().await else {
        return;
    };
    same!(pair, store => store.save_view("All".into(), "/?a".into(), NOW));
    same!(pair, store => store.delete_view(1));
    let rule = |name: &str| {
        AlertRule::from_record(json!({"name": name, "when": "silent", "days": 7})).unwrap()
    };
    for name in ["Silent", "a second", "Silent"] {
        same!(pair, store => store.add_alert_rule(rule(name), NOW));
    }
    same!(pair, store => store.replace_alert_rule(2, rule("Silent")));
    same!(pair, store => store.replace_alert_rule(2, rule("second")));
    same!(pair, store => store.delete_alert_rule(1));
    same!(pair, store => store.alert_rules());
    same!(pair, store => store.due_alert_rules(NOW));
    same!(pair, store => store.webhook());
    let url = WebhookUrl::parse("https://example.com/hook").unwrap();
    let secret = WebhookSecret::from_bytes(vec![7; 24]);
    same!(pair, store => store.set_webhook(url.clone(), secret.clone(), NOW));
    same!(pair, store => store.webhook());
    same!(pair, store => store.due_message(NOW));
    same!(pair, store => store.next_message_at());
    same!(pair, store => store.remove_webhook());
    same!(pair, store => store.remove_webhook());
    for (_, store) in pair.stores() {
        let public = pair.source(store, false).await;
        assert!(!public.trusted && public.allow_hierarchy);
        assert_eq!(store.source("nauth_x", "napi_x").await.unwrap(), None);
        assert_eq!(store.reader("nacc_x").await.unwrap(), None);
        assert_eq!(store.session("nobody", NOW).await.unwrap(), None);
        store.end_session("nobody".into()).await.unwrap();
        store.probe(NOW, true).await.unwrap();
        assert!(store.health().is_committing && store.size().await.unwrap() > 0);
    }
}
