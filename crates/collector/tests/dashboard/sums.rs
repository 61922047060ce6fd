//! Events, and obviously simple sums over them, as the expected figures of pages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::{Collector, DAY, HOUR, browser::Browser};

/// 1 May 2024.
pub const START: i64 = 1_714_521_600_000;
/// The period, 10 to 19 May. The previous one is the ten days before it.
pub const PERIOD: &str = "from=2024-05-10&to=2024-05-19";
pub const FROM: i64 = START + 9 * DAY;
pub const TO: i64 = START + 19 * DAY;
pub const BEFORE: i64 = START - DAY;

/// Each account with its parent.
pub const ACCOUNTS: [(&str, Option<&str>); 8] = [
    ("top", None),
    ("mid", Some("top")),
    ("leaf1", Some("mid")),
    ("leaf2", Some("mid")),
    ("leaf3", Some("top")),
    ("solo", None),
    ("quiet", None),
    ("young", None),
];

/// An event, with what is needed to sum it up.
#[derive(Debug, Clone)]
pub struct Event {
    pub account: &'static str,
    pub user: String,
    pub session: String,
    pub at: i64,
    pub names: [Option<&'static str>; 3],
    pub action: &'static str,
    pub amount: i64,
}

impl Event {
    pub fn json(&self, id: usize) -> Value {
        let mut event = json!({
            "account_id": self.account, "user_id": self.user, "session_id": self.session,
            "created_at": self.at, "action": self.action, "event_id": format!("e{id}"),
        });
        let amount = match self.action {
            "feature" => "total",
            "moduleEnd" => "time_spent",
            _ => "active_duration",
        };
        event[amount] = self.amount.into();
        for (name, value) in ["product", "module", "feature"].into_iter().zip(self.names) {
            if let Some(value) = value {
                event[name] = value.into();
            }
        }
        event
    }

    pub fn sum(events: &[&Event], action: &str) -> i64 {
        let of = events.iter().filter(|event| event.action == action);
        of.map(|event| event.amount).sum()
    }
}

/// A small random generator. All that matters is that it always gives the same numbers.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// Events of four weeks, including some at the boundaries of the periods.
pub fn events(seed: u64) -> Vec<Event> {
    let mut random = Random(seed);
    let mut events = Vec::new();
    for _ in 0..600 {
        let (account, users) =
            [("leaf1", 3), ("leaf2", 2), ("leaf3", 2), ("solo", 3)][random.below(4)];
        let user = format!("{account}-u{}", random.below(users));
        let product = [None, Some("p1"), Some("p2")][random.below(3)];
        let module = [None, Some("m1"), Some("m2")][random.below(3)];
        let action = ["feature", "feature", "moduleEnd", "sessionSync"][random.below(4)];
        let feature = ["f1", "f2", "f3"][random.below(3)];
        let names = match action {
            "feature" => [product, module, Some(feature)],
            "moduleEnd" => [product, module.or(Some("m1")), None],
            _ => [None, None, None],
        };
        let day = random.below(31) as i64 - 2;
        let at = match random.below(12) {
            0 => FROM,
            1 => FROM - 1,
            2 => TO - 1,
            3 => TO,
            4 => BEFORE,
            _ => {
                START + day * DAY + random.below(24) as i64 * HOUR + random.below(3_600_000) as i64
            }
        };
        events.push(Event {
            account,
            session: format!("{user}-{}", random.below(6)),
            user,
            at,
            names,
            action,
            amount: 1 + random.below(9) as i64,
        });
    }
    // The account's first use is within the previous period.
    for day in [3, 4, 11, 12] {
        events.push(Event {
            account: "young",
            user: "young-u0".to_owned(),
            session: format!("young-{day}"),
            at: START + day * DAY,
            names: [Some("p1"), Some("m1"), Some("f1")],
            action: "feature",
            amount: 2,
        });
    }
    events
}

pub fn is_below(account: &str, top: &str) -> bool {
    let mut at = Some(account);
    while let Some(id) = at {
        if id == top {
            return true;
        }
        at = ACCOUNTS.iter().find(|of| of.0 == id).and_then(|of| of.1);
    }
    false
}

/// A collector with these events. Each account also has two users without events.
pub async fn collector_with(events: &[Event]) -> Collector {
    let collector = Collector::new();
    let accounts: Vec<Value> = ACCOUNTS
        .iter()
        .map(|(id, parent)| json!({"account_id": id, "parent_account_id": parent, "tier": if id.len() > 4 { "gold" } else { "tin" }}))
        .collect();
    let users: Vec<Value> = ACCOUNTS
        .iter()
        .flat_map(|(id, _)| {
            (0..2).map(move |at| json!({"user_id": format!("{id}-never{at}"), "account_id": id}))
        })
        .collect();
    for (path, records) in [("accounts", accounts), ("account_users", users)] {
        let answer = collector
            .call(
                "POST",
                &format!("/api/v2/{path}"),
                Some(json!({ "records": records })),
            )
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    for (id, months) in [("leaf1", vec![(1, 100), (5, 150)]), ("solo", vec![(2, 40)])] {
        for (day, amount) in months {
            let record = json!({"date": START + day * DAY, "name": "mrr", "amount": amount, "currency": "EUR"});
            let path = format!("/api/v2/accounts/{id}/financials");
            let answer = collector.call("POST", &path, Some(record)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
    if !events.is_empty() {
        let lines = events.iter().enumerate().map(|(id, event)| event.json(id));
        collector.send(lines.collect()).await;
    }
    collector
}

/// The rows of a table as CSV, by the value of a column.
pub async fn table(
    browser: &Browser<'_>,
    path: &str,
    id: &str,
    key: &str,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let separator = if path.contains('?') { '&' } else { '?' };
    let answer = browser.ask(&format!("{path}{separator}csv={id}")).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_eq!(
        answer.headers["content-type"], "text/csv; charset=utf-8",
        "{path} {id}"
    );
    let mut lines = answer.text.lines();
    let names: Vec<String> = lines
        .next()
        .unwrap()
        .split(',')
        .map(str::to_owned)
        .collect();
    lines
        .map(|line| {
            let row: BTreeMap<String, String> = names
                .iter()
                .cloned()
                .zip(line.split(',').map(str::to_owned))
                .collect();
            (row[key].clone(), row)
        })
        .collect()
}

pub fn users(events: &[&Event]) -> BTreeSet<String> {
    events.iter().map(|event| event.user.clone()).collect()
}

pub fn sessions(events: &[&Event]) -> usize {
    let pairs: BTreeSet<_> = events
        .iter()
        .map(|event| (&event.user, &event.session))
        .collect();
    pairs.len()
}

/// The change of a figure in CSV: the difference, and the relative change.
pub fn change(now: i64, before: i64) -> (String, String) {
    let share = match (now, before) {
        _ if now == before => "0".to_owned(),
        (_, 0) => "new".to_owned(),
        _ => ((now - before) as f64 / before as f64).to_string(),
    };
    ((now - before).to_string(), share)
}

pub fn iso_day(ms: i64) -> String {
    let day = (ms - START).div_euclid(DAY);
    if day < 0 {
        format!("2024-04-{:02}", 31 + day)
    } else {
        format!("2024-05-{:02}", day + 1)
    }
}

#[track_caller]
pub fn assert_row(row: &BTreeMap<String, String>, expected: &[(&str, String)], what: &str) {
    for (name, value) in expected {
        assert_eq!(row.get(*name), Some(value), "{name} of {what} in {row:?}");
    }
}

/// Whether there is a comparison with the previous period. That period must not reach back
/// before the first use, which may be on its first day.
pub fn is_compared(events: &[&Event]) -> bool {
    events.iter().any(|event| event.at < BEFORE + DAY)
}
