//! Usage against a recomputation that is too simple to be wrong: every event is
//! kept in a list, and every question walks the list and the tree.
#![allow(missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use natero_collector::{
    model::{
        account::AccountPatch,
        calendar::TimeZone,
        keys::SourceId as SourceRow,
        usage::{Dimension, Filter, Span},
        user::UserPatch,
    },
    store::{
        event_key::IdScope,
        keys::Source,
        new_event::NewEvent,
        sqlite::{SqliteStore as Store, accounts, events, fact_blob, rebuild, usage, user_records},
        usage::RowPage,
    },
};
use natero_event::received::ReceivedEvent;
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};
use support::{DAY, HOUR, NOW};
use tempfile::TempDir;

#[derive(Debug, Clone)]
enum Step {
    Events(Vec<Value>),
    Place(u8, Option<u8>, Option<bool>),
    Deactivate(u8),
    Move(u8, u8),
}

fn account_id(no: u8) -> String {
    format!("account {no}")
}

fn user_id(no: u8) -> String {
    format!("user {no}")
}

fn event() -> impl Strategy<Value = Value> {
    let time = prop_oneof![
        0..3 * HOUR,
        Just(0),
        Just(HOUR),
        Just(2 * HOUR - 1),
        0..5 * DAY
    ];
    let action = prop_oneof![
        3 => Just("feature"), 1 => Just("moduleEnd"), 1 => Just("sessionSync"), 1 => Just("pageView")
    ];
    let account = proptest::option::weighted(0.9, 0..7u8);
    let place = (account, 0..6u8, 0..8u8, 0..400u32);
    let what = (
        proptest::option::of(0..2u8),
        0..3u8,
        0..3u8,
        prop_oneof![Just(1.0), Just(2.5), Just(0.0), Just(7.0)],
        0..100_000u32,
    );
    (place, time, action, what).prop_map(|(place, time, action, what)| {
        let (account, user, session, event_id) = place;
        let (product, module, feature, total, ms) = what;
        json!({
            "account_id": account.map(account_id), "user_id": user_id(user),
            "session_id": (session > 0).then(|| format!("session {session}")), "event_id": event_id,
            "created_at": NOW - NOW % DAY + time, "action": action,
            "product": product.map(|no| format!("product {no}")),
            "module": format!("module {module}"), "feature": format!("feature {feature}"),
            "total": total, "time_spent": ms, "active_duration": ms,
        })
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(event(), 1..25).prop_map(Step::Events),
        3 => (0..7u8, proptest::option::of(0..7u8), proptest::option::of(any::<bool>()))
            .prop_map(|(a, p, d)| Step::Place(a, p, d)),
        1 => (0..7u8).prop_map(Step::Deactivate),
        1 => (0..6u8, 0..7u8).prop_map(|(u, a)| Step::Move(u, a)),
    ]
}

/// The list.
#[derive(Debug, Default)]
struct Model {
    /// Each event with the account in which it happened, and whether it is set aside.
    events: Vec<(ReceivedEvent, String, bool)>,
    seen: HashSet<String>,
    parents: BTreeMap<String, Option<String>>,
    inactive: HashSet<String>,
    users: HashMap<String, String>,
}

impl Model {
    fn add(&mut self, event: &ReceivedEvent) {
        let belongs_to = self.users.get(&event.user_id).cloned();
        let Some(account) = event.account_id.clone().or(belongs_to) else {
            return;
        };
        if !self.seen.insert(event.event_id.clone().unwrap()) {
            return;
        }
        self.parents.entry(account.clone()).or_default();
        let belongs_to = self
            .users
            .entry(event.user_id.clone())
            .or_insert_with(|| account.clone());
        let is_set_aside = *belongs_to != account;
        self.events.push((event.clone(), account, is_set_aside));
    }

    fn is_above(&self, upper: &str, lower: &str) -> bool {
        let mut at = Some(lower.to_owned());
        while let Some(id) = at {
            if id == upper {
                return true;
            }
            at = self.parents.get(&id).cloned().flatten();
        }
        false
    }

    fn place(&mut self, account: &str, parent: Option<&str>) -> bool {
        if parent.is_some_and(|parent| self.is_above(account, parent)) {
            return false;
        }
        if let Some(parent) = parent {
            self.parents.entry(parent.to_owned()).or_default();
        }
        self.parents
            .insert(account.to_owned(), parent.map(str::to_owned));
        true
    }

    fn is_leaf(&self, account: &str) -> bool {
        !self
            .parents
            .iter()
            .any(|(id, parent)| parent.as_deref() == Some(account) && !self.inactive.contains(id))
    }

    fn answer(
        &self,
        account: &str,
        rollup: bool,
        by: Option<Dimension>,
        span: Span,
        zone: Zone,
    ) -> Value {
        let mut counted = Vec::new();
        let (mut non_leaf, mut user_conflict) = (0, 0);
        for (event, happened_in, is_set_aside) in &self.events {
            let is_in = happened_in == account || (rollup && self.is_above(account, happened_in));
            if !is_in || !(span.from..span.to).contains(&event.created_at) {
                continue;
            }
            if *is_set_aside {
                user_conflict += 1;
            } else if self.is_leaf(happened_in) {
                counted.push((event, happened_in));
            } else {
                non_leaf += 1;
            }
        }
        let mut rows: BTreeMap<(bool, String), (Value, Vec<&ReceivedEvent>)> = BTreeMap::new();
        for (event, happened_in) in &counted {
            let key = match by {
                None => continue,
                Some(Dimension::Product) => event.product.clone(),
                Some(Dimension::Module) => event.module.clone(),
                Some(Dimension::Feature) => event.feature.clone(),
                Some(Dimension::User) => Some(event.user_id.clone()),
                Some(Dimension::Account) => Some((*happened_in).clone()),
                Some(Dimension::Day) => Some(day(event.created_at, zone)),
                Some(Dimension::Week) => Some(week(event.created_at, zone)),
                Some(Dimension::Month) => Some("2023-11".to_owned()),
            };
            rows.entry((key.is_none(), key.clone().unwrap_or_default()))
                .or_insert_with(|| (json!(key), Vec::new()))
                .1
                .push(event);
        }
        let rows: Vec<_> = rows
            .into_values()
            .map(|(key, events)| support::with(json!({"key": key}), sums(&events)))
            .collect();
        let counted: Vec<_> = counted.into_iter().map(|(event, _)| event).collect();
        json!({
            "totals": sums(&counted), "rows": rows,
            "uncaptured": {"non_leaf": non_leaf, "user_conflict": user_conflict},
        })
    }
}

/// A time zone, and what its clocks were ahead of UTC by in November 2023, in
/// minutes.
type Zone = (&'static str, i64);

const ZONES: [Zone; 5] = [
    ("UTC", 0),
    ("America/Los_Angeles", -480),
    ("America/St_Johns", -210),
    ("Asia/Kathmandu", 345),
    ("Australia/Lord_Howe", 660),
];

fn day_of_month(ms: i64, zone: Zone) -> i64 {
    let local = ms - (NOW - NOW % DAY) + zone.1 * 60_000;
    local.div_euclid(DAY) + 14
}

fn day(ms: i64, zone: Zone) -> String {
    format!("2023-11-{:02}", day_of_month(ms, zone))
}

/// 13 November 2023 was a Monday.
fn week(ms: i64, zone: Zone) -> String {
    let monday = (day_of_month(ms, zone) - 13) / 7 * 7 + 13;
    format!("2023-11-{monday:02}")
}

fn sums(events: &[&ReceivedEvent]) -> Value {
    let of = |action: &str| {
        let action = action.to_owned();
        events
            .iter()
            .filter(move |event| event.action.name() == action)
    };
    let users: BTreeSet<_> = events.iter().map(|event| &event.user_id).collect();
    let sessions: BTreeSet<_> = events
        .iter()
        .filter_map(|event| Some((&event.user_id, event.session_id.as_ref()?)))
        .collect();
    let features: f64 = of("feature").map(|event| event.total.unwrap()).sum();
    json!({
        "events": events.len(),
        "features": features,
        "module_time": of("moduleEnd").map(|event| event.time_spent.unwrap()).sum::<i64>(),
        "active_time": of("sessionSync").map(|event| event.active_duration.unwrap()).sum::<i64>(),
        "sessions": sessions.len(),
        "users": users.len(),
    })
}

fn collector_says(
    conn: &Connection,
    account: &str,
    rollup: bool,
    by: Option<Dimension>,
    span: Span,
    zone: Zone,
) -> Value {
    let question = usage::UsageQuery {
        account: accounts::find_row(conn, account).unwrap().unwrap(),
        rollup,
        by,
        span,
        time_zone: zone.0.parse::<TimeZone>().unwrap(),
        filter: Filter::default(),
    };
    let mut answer = usage::report(conn, &question).unwrap();
    if by.is_some_and(Dimension::is_subject) {
        // These are read with when they were seen; the figures are the same.
        let mut seen = usage::compare(conn, &question, None, &RowPage::ALL).unwrap();
        for row in &mut seen.rows {
            let times = row.seen.take().unwrap();
            assert!(
                times.first_seen <= times.last_seen && times.active_days > 0,
                "{times:?}"
            );
        }
        assert_eq!(seen, answer);
        answer = seen;
    }
    let mut said = json!({
        "totals": answer.totals, "rows": answer.rows, "uncaptured": answer.uncaptured,
    });
    // `3` and `3.0` are the same number.
    said["totals"]["features"] = json!(answer.totals.features);
    for (row, said) in answer.rows.iter().zip(said["rows"].as_array_mut().unwrap()) {
        said["features"] = json!(row.totals.features);
    }
    said
}

fn database() -> (TempDir, Connection, Source) {
    let folder = TempDir::new().unwrap();
    let conn = Store::open_for_command(&folder.path().join("n.db")).unwrap();
    conn.execute(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
         VALUES (x'00', x'00', '', 0, '[]', 0)",
        [],
    )
    .unwrap();
    let source = Source {
        id: SourceRow::from_number(1).unwrap(),
        trusted: false,
        allow_hierarchy: false,
        origins: Vec::new(),
    };
    (folder, conn, source)
}

fn read(event: &Value) -> ReceivedEvent {
    ReceivedEvent::read(event.to_string().as_bytes(), NOW + 10 * DAY).unwrap()
}

fn new_events(events: &[Value]) -> Vec<NewEvent> {
    events
        .iter()
        .map(read)
        .map(|event| NewEvent::new(1, event.event_id.clone().unwrap(), IdScope::Public, event))
        .collect()
}

fn run(conn: &mut Connection, source: &Source, model: &mut Model, step: &Step) {
    let tx = conn.transaction().unwrap();
    match step {
        Step::Events(events) => {
            events::insert_batch(&tx, &new_events(events), &[], source, NOW).unwrap();
            events.iter().for_each(|event| model.add(&read(event)));
        }
        Step::Place(no, parent, is_deleted) => {
            let (account, parent) = (account_id(*no), parent.map(account_id));
            let mut record = json!({"account_id": account, "parent_account_id": parent});
            if let Some(is_deleted) = is_deleted {
                record["is_deleted"] = json!(is_deleted);
            }
            let patch = AccountPatch::from_record(record, None).unwrap();
            let is_taken = accounts::put(&tx, patch, NOW).unwrap().is_ok();
            assert_eq!(is_taken, model.place(&account, parent.as_deref()));
            match is_deleted {
                Some(true) if is_taken => drop(model.inactive.insert(account_id(*no))),
                Some(false) if is_taken => drop(model.inactive.remove(&account)),
                _ => {}
            }
        }
        Step::Deactivate(account) => {
            let account = account_id(*account);
            if accounts::deactivate(&tx, &account).unwrap() {
                model.inactive.insert(account);
            }
        }
        Step::Move(user, account) => {
            let (user, account) = (user_id(*user), account_id(*account));
            let record = json!({"user_id": user, "account_id": account, "move": true});
            let patch = UserPatch::from_record(record, None).unwrap();
            user_records::put(&tx, patch, NOW).unwrap().unwrap();
            model.parents.entry(account.clone()).or_default();
            model.users.insert(user.clone(), account.clone());
            for (event, happened_in, is_set_aside) in &mut model.events {
                if event.user_id == user && *happened_in == account {
                    *is_set_aside = false;
                }
            }
        }
    }
    tx.commit().unwrap();
}

const ALL: Span = Span {
    from: i64::MIN,
    to: i64::MAX,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn usage_is_what_a_naive_recomputation_says(
        steps in proptest::collection::vec(step(), 1..25),
        from in prop_oneof![0..3 * HOUR, Just(HOUR), Just(2 * HOUR - 1)],
        length in prop_oneof![0..2 * HOUR, 0..4 * DAY, Just(1), Just(HOUR)],
        zone in proptest::sample::select(&ZONES[..]),
    ) {
        let (_folder, mut conn, source) = database();
        let mut model = Model::default();
        for step in &steps {
            run(&mut conn, &source, &mut model, step);
        }
        let midnight = NOW - NOW % DAY;
        let cut = Span { from: midnight + from, to: midnight + from + length };
        for account in model.parents.keys() {
            for rollup in [true, false] {
                for (by, span) in [
                    (None, ALL), (Some(Dimension::Product), ALL), (Some(Dimension::Module), cut),
                    (Some(Dimension::Feature), cut), (Some(Dimension::User), ALL), (Some(Dimension::Day), cut),
                    (Some(Dimension::Day), ALL), (Some(Dimension::Week), ALL), (Some(Dimension::Month), cut),
                    (Some(Dimension::Account), ALL), (Some(Dimension::Account), cut), (Some(Dimension::User), cut),
                ] {
                    prop_assert_eq!(
                        collector_says(&conn, account, rollup, by, span, zone),
                        model.answer(account, rollup, by, span, zone),
                        "{} rollup {} by {:?} in {:?} of {}", account, rollup, by, span, zone.0
                    );
                }
            }
        }
        let rebuilt = rebuild::rebuild(&mut conn, false).unwrap();
        prop_assert_eq!(rebuilt.differing, Vec::<String>::new());
        prop_assert_eq!(rebuilt.events as usize, model.events.len());
    }
}

fn simple_event(account: &str, user: &str, tag: &str) -> Value {
    json!({
        "account_id": account, "user_id": user, "session_id": tag, "event_id": tag,
        "created_at": NOW, "action": "feature", "feature": "export",
    })
}

fn place(conn: &mut Connection, records: Vec<Value>) {
    let tx = conn.transaction().unwrap();
    for record in records {
        let patch = AccountPatch::from_record(record, None).unwrap();
        accounts::put(&tx, patch, NOW).unwrap().unwrap();
    }
    tx.commit().unwrap();
}

fn keep(conn: &mut Connection, source: &Source, events: &[Value]) {
    let tx = conn.transaction().unwrap();
    events::insert_batch(&tx, &new_events(events), &[], source, NOW).unwrap();
    tx.commit().unwrap();
}

#[test]
fn a_chain_of_a_thousand_levels_rolls_up_to_its_top_and_can_be_cut() {
    let (_folder, mut conn, source) = database();
    let link = |no: u32| json!({"account_id": format!("level {no}"), "parent_account_id": format!("level {}", no - 1)});
    place(&mut conn, (1..1000).map(link).collect());
    keep(
        &mut conn,
        &source,
        &[
            simple_event("level 999", "ann", "1"),
            simple_event("level 500", "bob", "2"),
        ],
    );
    let events = |conn: &Connection, account: &str| {
        let said = collector_says(conn, account, true, None, ALL, ZONES[0]);
        (
            said["totals"]["events"].clone(),
            said["uncaptured"]["non_leaf"].clone(),
        )
    };
    assert_eq!(events(&conn, "level 0"), (json!(1), json!(1)));

    let tx = conn.transaction().unwrap();
    let record = json!({"account_id": "level 0", "parent_account_id": "level 999"});
    let patch = AccountPatch::from_record(record, None).unwrap();
    let refused = accounts::put(&tx, patch, NOW)
        .unwrap()
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("level 0 → level 999 → level 998"),
        "{refused}"
    );
    drop(tx);

    place(
        &mut conn,
        vec![json!({"account_id": "level 501", "parent_account_id": null})],
    );
    assert_eq!(
        events(&conn, "level 0"),
        (json!(1), json!(0)),
        "level 500 is a leaf now"
    );
    assert_eq!(events(&conn, "level 501"), (json!(1), json!(0)));
}

#[test]
fn a_hundred_thousand_children_roll_up_and_move_at_once() {
    let (_folder, mut conn, source) = database();
    place(
        &mut conn,
        vec![json!({"account_id": "top", "parent_account_id": "world"})],
    );
    conn.execute_batch(
        "WITH RECURSIVE n (no) AS (SELECT 1 UNION ALL SELECT no + 1 FROM n WHERE no < 100000)
         INSERT INTO accounts (account_id, parent_no)
         SELECT 'child ' || no, (SELECT no FROM accounts WHERE account_id = 'top') FROM n",
    )
    .unwrap();
    let events: Vec<_> = (1..=2000)
        .map(|no| {
            simple_event(
                &format!("child {}", no * 50),
                &format!("user {no}"),
                &no.to_string(),
            )
        })
        .collect();
    keep(&mut conn, &source, &events);
    let said = |conn: &Connection, account: &str| {
        collector_says(conn, account, true, None, ALL, ZONES[0])["totals"].clone()
    };
    assert_eq!(said(&conn, "world")["events"], 2000);
    assert_eq!(said(&conn, "world")["users"], 2000);

    place(
        &mut conn,
        vec![json!({"account_id": "top", "parent_account_id": "moon"})],
    );
    assert_eq!(said(&conn, "world")["events"], 0);
    assert_eq!(said(&conn, "moon")["sessions"], 2000);
}

#[test]
fn rebuild_finds_and_mends_what_differs() {
    let (_folder, mut conn, source) = database();
    keep(
        &mut conn,
        &source,
        &[
            simple_event("acme", "ann", "1"),
            simple_event("beta", "bob", "2"),
        ],
    );
    let honest = collector_says(&conn, "acme", true, Some(Dimension::Feature), ALL, ZONES[0]);
    let nothing = fact_blob::encode(&[]);
    conn.execute(
        "UPDATE usage_segments SET groups = ?1, data = ?2 WHERE account_no = 1",
        [nothing.groups, nothing.facts],
    )
    .unwrap();
    assert_ne!(
        collector_says(&conn, "acme", true, Some(Dimension::Feature), ALL, ZONES[0]),
        honest
    );
    assert_eq!(
        rebuild::rebuild(&mut conn, false).unwrap().differing,
        ["acme"]
    );
    assert_eq!(
        rebuild::rebuild(&mut conn, true).unwrap().differing,
        ["acme"]
    );
    assert_eq!(
        collector_says(&conn, "acme", true, Some(Dimension::Feature), ALL, ZONES[0]),
        honest
    );
    let agreed = rebuild::rebuild(&mut conn, false).unwrap();
    assert!(agreed.differing.is_empty());
    assert_eq!((agreed.events, agreed.accounts, agreed.facts), (2, 2, 2));
}
