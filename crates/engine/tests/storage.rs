//! When events are stored, and what happens to stored events.

mod common;

use common::{Tab, accepted, feature, flush, id, of, request, segment};
use natero_engine::{
    Call, Config, Consent, Effect, Input, Millis, Override, Persistence, RequestId, View,
};
use natero_event::{Id, Json, Number};

fn config() -> Config {
    Config {
        idle_timeout: Millis(1e12),
        session_sync_interval: Millis(1e12),
        ..common::config()
    }
}

/// A tab adopts what a closed one left.
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
    assert!(tab.stored[&segment(1)].contains("\"feature\":\"f\""));
    tab.call(flush(1));
    assert_eq!(tab.stored.len(), 1, "a request is no confirmation");
    tab.answer(request(1), 500);
    assert_eq!(tab.stored.len(), 1, "nor is a failure");
    tab.pass(10_000.0);
    let id = tab.requests.last().unwrap().request;
    tab.answer(id, 200);
    assert_eq!((tab.stored.len(), tab.writes), (0, 1));
}

#[test]
fn the_stored_bytes_are_the_sent_bytes() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    assert_eq!(&tab.stored[&segment(1)][1..], tab.requests[0].body);
}

#[test]
fn a_burst_costs_a_write_for_64_kib_not_one_for_each_event() {
    let mut tab = Tab::open(config());
    // A single task: the effects of all calls are performed together.
    for _ in 0..999 {
        tab.within(feature("burst"));
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
    next.pass(250.0);
    let lacking = next.requests[0].asked.clone();
    assert!(next.sent().is_empty(), "the server may have them");
    next.tell(accepted(request(1), &lacking));
    let sent = next.sent();
    assert_eq!(sent.len(), 3, "at once, without waiting for flushInterval");
    closed.call(flush(1));
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
        account_id: None,
        ..config()
    });
    closed.feature("early");
    let mut next = Tab::open_with(
        Config {
            user_id: Id::new("bob").map(Into::into),
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
        account_id: None,
        user_id: None,
        ..config()
    });
    tab.feature("early");
    tab.call(Call::SetUser(Id::new("ann")));
    tab.call(Call::SetAccount(Id::new("acme")));
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
    let good = closed.stored[&segment(1)].trim_end().to_owned();
    let mut next = Tab::open_with(config(), [7; 4], 0.0, "", "", true);
    let mixed = format!("z{{\"a\":1}}\nnull\n\n2{{\"cut\": \n{good}\n<html>\u{0}\u{0}\n2no line\n");
    next.tell(Input::Adopted(&mixed));
    let all = next.close();
    assert_eq!(all.len(), of(&all, "feature").len());
    assert_eq!(all.len(), 1);
}

#[test]
fn what_is_stored_stays_within_the_bound_though_old_events_pin_their_segments() {
    let bound = 20_000;
    let mut tab = Tab::open(Config {
        max_stored_bytes: bound,
        ..config()
    });
    // Events that wait for an account keep the segments they share from being removed.
    tab.call(Call::SetAccount(None));
    for _ in 0..200 {
        tab.within(Call::SetAccount(None));
        tab.within(feature("waits"));
        tab.within(Call::SetAccount(Id::new("acme")));
        for _ in 0..10 {
            tab.within(feature("goes"));
        }
        tab.tell(Input::Timer);
        let ids: Vec<RequestId> = tab.requests.iter().map(|r| r.request).collect();
        ids.into_iter().for_each(|id| tab.answer(id, 200));
        let stored: usize = tab.stored.values().map(String::len).sum();
        assert!(stored <= 2 * bound, "{stored}");
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
            persistence: Persistence::Memory,
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
    assert_eq!(tab.engine.stats().pending, 0);
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
    assert!(left[&segment(1)].contains("before"));
}

#[test]
fn a_segment_of_which_nothing_is_kept_is_not_written_again() {
    // Which events are evicted depends on the limit.
    for max_queue_bytes in (600..2_400).step_by(20) {
        let mut tab = Tab::open(Config {
            max_queue_bytes,
            track_page_views: true,
            ..config()
        });
        tab.drain();
        tab.call(Call::SetModule(Id::new("orders")));
        // A single task with a feature that is sent and a page view that waits.
        tab.within(feature("f"));
        tab.sleep(5_000.0, 5_000.0);
        tab.engine.handle(tab.now(), Input::Timer);
        tab.within(Call::PageView(View {
            url: "https://app.example/orders",
            title: "Orders",
        }));
        tab.tell(Input::Timer);
        tab.pass(1_000.0);
        let sent = tab.requests.last().unwrap().request;
        tab.answer(sent, 200);
        // The events that end the timings take the room of the page view.
        let now = tab.now();
        tab.engine.handle(now, Input::Hidden);
        while let Some(effect) = tab.engine.poll_effect() {
            if let Effect::Store { records, .. } = effect {
                assert!(!records.is_empty(), "with room for {max_queue_bytes} bytes");
            }
        }
    }
}

fn bytes_stored(tab: &Tab) -> usize {
    tab.stored.values().map(String::len).sum()
}

/// A feature whose line takes slightly more than this many bytes.
fn large(tab: &mut Tab, name: &str, bytes: usize) {
    let details = format!("{{\"x\":\"{}\"}}", "y".repeat(bytes));
    tab.call(Call::Feature {
        feature: id(name),
        total: Number::ONE,
        module: Override::Sticky,
        product: Override::Sticky,
        details: Some(Json(&details)),
    });
}

#[test]
fn what_is_adopted_is_stored_though_what_is_the_page_s_own_leaves_no_room() {
    let mut closed = Tab::open(config());
    closed.feature("orphan");
    let mut tab = Tab::open_with(
        Config {
            max_stored_bytes: 40_000,
            ..config()
        },
        [7; 4],
        0.0,
        "",
        "",
        true,
    );
    for name in ["a", "b", "c", "d"] {
        large(&mut tab, name, 16_000);
    }
    let before = tab.stored.clone();
    adopt(&mut tab, &closed);
    let new: Vec<&String> = tab
        .stored
        .iter()
        .filter(|(segment, _)| !before.contains_key(segment))
        .map(|(_, records)| records)
        .collect();
    assert_eq!(new, [&closed.stored[&segment(1)]], "that, and nothing else");
}

#[test]
fn an_adoption_stores_nothing_that_was_refused_before() {
    let mut closed = Tab::open(config());
    closed.feature("orphan");
    let mut tab = Tab::open_with(config(), [7; 4], 0.0, "", "", true);
    // One task after another whose writes the host refuses, because others fill the
    // storage.
    for number in 1..=50 {
        large(&mut tab, "own", 16_000);
        let written: Vec<_> = std::mem::take(&mut tab.stored).into_keys().collect();
        for segment in written {
            tab.tell(Input::WriteFailed(segment));
        }
        assert_eq!(tab.engine.stats().pending, number);
    }
    adopt(&mut tab, &closed);
    assert_eq!(bytes_stored(&tab), closed.stored[&segment(1)].len());
}

#[test]
fn an_event_that_is_too_large_for_the_storage_keeps_no_other_out() {
    let mut tab = Tab::open(Config {
        max_stored_bytes: 10_000,
        ..config()
    });
    large(&mut tab, "large", 16_000);
    for name in ["a", "b", "c", "d", "e"] {
        tab.feature(name);
    }
    for name in ["a", "b", "c", "d", "e"] {
        let name = format!("\"feature\":\"{name}\"");
        assert!(tab.stored.values().any(|records| records.contains(&name)));
    }
    assert!(bytes_stored(&tab) <= 10_000);
}

#[test]
fn who_refused_takes_over_nothing_more() {
    let mut closed = Tab::open(config());
    closed.feature("left");
    let mut tab = Tab::open_with(config(), [7; 4], 0.0, "", "", true);
    tab.call(Call::OptOut);
    adopt(&mut tab, &closed);
    assert_eq!((tab.engine.stats().pending, tab.stored.len()), (0, 0));
    tab.call(Call::OptIn);
    tab.drain();
    assert!(tab.sent().is_empty());
}

#[test]
fn counters_add_up_though_the_back_forward_cache_leaves_events_to_storage() {
    let mut closed = Tab::open(config());
    closed.feature("left by another");
    let mut tab = Tab::open_with(config(), [7; 4], 0.0, "", "", true);
    tab.feature("delivered");
    tab.drain();
    adopt(&mut tab, &closed);
    tab.tell(Input::Online(false));
    tab.feature("left");
    tab.tell(Input::Hidden);
    assert_eq!(tab.engine.stats().accepted, 2);
    tab.tell(Input::Restored);
    let stats = tab.engine.stats();
    assert_eq!((stats.accepted, stats.delivered, stats.pending), (1, 1, 0));
}
