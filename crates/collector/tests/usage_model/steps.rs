//! Random events, and changes between them.

use natero_event::received::ReceivedEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    model::Model,
    support::{Collector, DAY, HOUR, NOW, ndjson},
};

#[derive(Debug, Clone)]
pub enum Step {
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
            "session_id": (session > 0).then(|| format!("session {session}")),
            // On servers, an id is unique only within its day.
            "event_id": format!("{event_id} of day {}", time / DAY),
            "created_at": NOW - NOW % DAY + time, "action": action,
            "product": product.map(|no| format!("product {no}")),
            "module": format!("module {module}"), "feature": format!("feature {feature}"),
            "total": total, "time_spent": ms, "active_duration": ms,
        })
    })
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(event(), 1..25).prop_map(Step::Events),
        3 => (0..7u8, proptest::option::of(0..7u8), proptest::option::of(any::<bool>()))
            .prop_map(|(a, p, d)| Step::Place(a, p, d)),
        1 => (0..7u8).prop_map(Step::Deactivate),
        1 => (0..6u8, 0..7u8).prop_map(|(u, a)| Step::Move(u, a)),
    ]
}

fn read(event: &Value) -> ReceivedEvent {
    ReceivedEvent::read(event.to_string().as_bytes(), NOW + 10 * DAY).unwrap()
}

/// Applies a step to a collector and to the model.
pub async fn run(collector: &Collector, model: &mut Model, step: &Step) {
    match step {
        Step::Events(events) => {
            let answer = collector.post(ndjson(events)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            events.iter().for_each(|event| model.add(&read(event)));
        }
        Step::Place(no, parent, is_deleted) => {
            let (account, parent) = (account_id(*no), parent.map(account_id));
            let mut record = json!({"account_id": account, "parent_account_id": parent});
            if let Some(is_deleted) = is_deleted {
                record["is_deleted"] = json!(is_deleted);
            }
            let path = format!("/api/v2/accounts/account%20{no}");
            let is_taken = collector.call("PUT", &path, Some(record)).await.status == 200;
            assert_eq!(is_taken, model.place(&account, parent.as_deref()));
            if let Some(is_deleted) = is_deleted
                && is_taken
            {
                model.set_deleted(&account, *is_deleted);
            }
        }
        Step::Deactivate(no) => {
            let path = format!("/api/v2/accounts/account%20{no}");
            if collector.call("DELETE", &path, None).await.status == 200 {
                model.set_deleted(&account_id(*no), true);
            }
        }
        Step::Move(user, account) => {
            let account = account_id(*account);
            let record = json!({"account_id": account, "move": true});
            let path = format!("/api/v2/account_users/user%20{user}");
            let answer = collector.call("PUT", &path, Some(record)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            model.move_user(&user_id(*user), &account);
        }
    }
}
