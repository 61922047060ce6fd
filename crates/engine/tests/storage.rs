//! What is stored when, and what becomes of it.

mod common;

use common::{Call, Input, Tab, of};
use natero_engine::{Config, Consent};

fn config() -> Config {
    Config {
        idle_timeout: 1e12,
        session_sync_interval: 1e12,
        ..common::config()
    }
}

/// What a closed tab left, taken over by another.
fn adopt(tab: &mut Tab, left: &Tab) {
    for records in left.stored.values() {
        tab.tell(Input::Adopted(records));
    }
}

#[test]
fn an_event_is_stored_when_its_tick_ends_and_removed_when_it_is_confirmed() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    assert_eq!((tab.stored.len(), tab.writes), (1, 1));
    assert!(tab.stored[&1].contains("\"feature\":\"f\""));
    tab.call(Call::Flush(1));
    assert_eq!(tab.stored.len(), 1, "a request is no confirmation");
    tab.answer(1, 500);
    assert_eq!(tab.stored.len(), 1, "nor is a failure");
    tab.pass(10_000.0);
    let id = tab.requests.last().unwrap().id;
    tab.answer(id, 200);
    assert_eq!((tab.stored.len(), tab.writes), (0, 1));
}

#[test]
fn the_stored_bytes_are_the_sent_bytes() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(Call::Flush(1));
    assert_eq!(&tab.stored[&1][1..], tab.requests[0].body);
}

#[test]
fn a_burst_costs_a_write_for_64_kib_not_one_for_each_event() {
    let mut tab = Tab::open(config());
    // One tick: the effects of all calls are performed together.
    for _ in 0..999 {
        tab.within(Call::feature("burst"));
    }
    tab.feature("last");
    assert!(tab.writes <= 6, "{} writes", tab.writes);
    assert!(tab.stored.values().all(|text| text.len() < 66_000));
}

#[test]
fn what_a_closed_page_left_is_sent_as_it_was_by_the_next() {
    let mut closed = Tab::open(config());
    for name in ["a", "b", "c"] {
        closed.feature(name);
    }
    let mut next = Tab::open_with(config(), [7; 4], 1_000.0, "", "", true);
    adopt(&mut next, &closed);
    assert_eq!(
        next.stored.len(),
        3,
        "stored as its own before the original goes"
    );
    next.pass(1.0);
    let sent = next.sent();
    assert_eq!(sent.len(), 3, "at once, without waiting for flushInterval");
    closed.call(Call::Flush(1));
    assert_eq!(
        closed.requests[0].body,
        next.requests
            .iter()
            .map(|r| r.body.as_str())
            .collect::<String>()
    );
    next.drain();
    assert!(next.stored.is_empty());
}

#[test]
fn events_that_waited_for_ids_get_those_of_the_page_that_takes_them_over() {
    let mut closed = Tab::open(Config {
        account_id: String::new(),
        ..config()
    });
    closed.feature("early");
    let mut next = Tab::open_with(
        Config {
            user_id: "bob".into(),
            ..config()
        },
        [7; 4],
        1_000.0,
        "",
        "",
        true,
    );
    adopt(&mut next, &closed);
    let all = next.close();
    let early = of(&all, "feature")[0].clone();
    assert_eq!(
        (&early["account_id"], &early["user_id"]),
        (&"acme".into(), &"ann".into())
    );
}

#[test]
fn ids_that_became_known_are_stored_too() {
    let mut tab = Tab::open(Config {
        account_id: String::new(),
        user_id: String::new(),
        ..config()
    });
    tab.feature("early");
    tab.call(Call::SetUser(Some("ann")));
    tab.call(Call::SetAccount(Some("acme")));
    assert_eq!(tab.stored.len(), 1);
    assert!(
        tab.stored
            .values()
            .next()
            .unwrap()
            .contains("\"account_id\":\"acme\"")
    );
}

#[test]
fn foreign_corrupt_and_future_content_costs_nothing_but_itself() {
    let mut closed = Tab::open(config());
    closed.feature("good");
    let good = closed.stored[&1].trim_end().to_owned();
    let mut next = Tab::open_with(config(), [7; 4], 0.0, "", "", true);
    let mixed = format!("z{{\"a\":1}}\nnull\n\nC{{\"cut\": \n{good}\n<html>\u{0}\u{0}\nGno line\n");
    next.tell(Input::Adopted(&mixed));
    let all = next.close();
    assert_eq!(all.len(), of(&all, "feature").len());
    assert_eq!(all.len(), 1);
}

#[test]
fn what_is_stored_stays_within_the_bound_though_old_events_pin_their_segments() {
    let bound = 20_000.0;
    let mut tab = Tab::open(Config {
        max_queue_bytes: bound,
        ..config()
    });
    // Events that wait for an account pin the segments that they share.
    tab.call(Call::SetAccount(None));
    for _ in 0..200 {
        tab.within(Call::SetAccount(None));
        tab.within(Call::feature("waits"));
        tab.within(Call::SetAccount(Some("acme")));
        for _ in 0..10 {
            tab.within(Call::feature("goes"));
        }
        tab.tell(Input::Timer);
        let ids: Vec<u32> = tab.requests.iter().map(|r| r.id).collect();
        ids.into_iter().for_each(|id| tab.answer(id, 200));
        let stored: usize = tab.stored.values().map(String::len).sum();
        assert!(stored as f64 <= 2.0 * bound, "{stored}");
    }
}

#[test]
fn without_consent_in_memory_or_with_sending_disabled_nothing_is_stored() {
    for config in [
        Config {
            consent: Consent::Pending,
            ..config()
        },
        Config {
            consent: Consent::Denied,
            ..config()
        },
        Config {
            memory: true,
            ..config()
        },
        Config {
            disable_event_send: true,
            ..config()
        },
    ] {
        let mut tab = Tab::open(config);
        tab.feature("f");
        tab.tell(Input::Hidden);
        assert_eq!(tab.writes, 0);
    }
}

#[test]
fn agreeing_stores_what_was_held_and_refusing_removes_it() {
    let mut tab = Tab::open(Config {
        consent: Consent::Pending,
        ..config()
    });
    tab.feature("f");
    tab.call(Call::OptIn);
    assert_eq!(tab.stored.len(), 1);
    tab.call(Call::OptOut);
    assert_eq!(tab.stored.len(), 0);
    tab.feature("g");
    assert_eq!(tab.stored.len(), 0);
}

#[test]
fn a_page_that_comes_back_from_the_cache_leaves_its_old_part_to_whoever_took_it() {
    let mut tab = Tab::open(config());
    tab.tell(Input::Online(false));
    tab.feature("before");
    tab.tell(Input::Hidden);
    let left = tab.stored.clone();
    tab.tell(Input::Restored);
    assert_eq!(tab.engine.pending(), 0);
    tab.stored.clear();
    tab.tell(Input::Online(true));
    tab.feature("after");
    let all = tab.close();
    assert_eq!(all.iter().filter(|e| e["action"] == "feature").count(), 1);
    let after = of(&all, "feature")[0].clone();
    assert_eq!(
        (&after["feature"], &after["seq"]),
        (&"after".into(), &0.into())
    );
    assert!(left[&1].contains("before"));
}
