//! Events that a page left when it went: the next page asks which of them the server lacks.

mod common;

use common::{Tab, accepted, answered, events, flush, request, unanswered};
use natero_engine::{Config, Input, Millis, Request};

/// An idle timeout that never passes and no timings, so that only the test makes events.
fn config() -> Config {
    Config {
        track_unload: false,
        idle_timeout: Millis(1e12),
        session_sync_interval: Millis(1e12),
        ..common::config()
    }
}

/// A page with these features under way.
fn sending_page(under_way: u32) -> Tab {
    let mut tab = Tab::open(config());
    for number in 0..under_way {
        tab.feature(&format!("sent {number}"));
    }
    tab.call(flush(1));
    assert_eq!(tab.requests.len(), usize::from(under_way > 0));
    tab
}

/// The records that a page leaves. It goes while features `0..under_way` are under way
/// and `waiting` more are waiting.
fn left_by_a_page(under_way: u32, waiting: u32) -> Vec<String> {
    let mut tab = sending_page(under_way);
    // Requests that a page sends as it goes are not known to have left.
    tab.tell(Input::Hidden);
    for number in 0..waiting {
        tab.feature(&format!("waits {number}"));
    }
    tab.stored.into_values().collect()
}

/// A page that opens afterwards.
fn next_page(left: &[String]) -> Tab {
    let mut tab = Tab::open_with(config(), [7; 4], 1_000.0, "", "", true);
    for records in left {
        tab.tell(Input::Adopted(records));
    }
    tab
}

/// The features in a request.
fn features(request: &Request) -> Vec<String> {
    let named = |event: &serde_json::Value| event["feature"].as_str().unwrap_or("-").to_owned();
    events(request).iter().map(named).collect()
}

fn asked(request: &Request) -> Vec<&str> {
    request
        .asked
        .split(',')
        .filter(|id| !id.is_empty())
        .collect()
}

#[test]
fn what_a_page_left_is_asked_about_in_the_request_that_brings_the_next_pages_own() {
    let mut next = next_page(&left_by_a_page(60, 2));
    next.feature("own");
    next.pass(250.0);
    let request = &next.requests[0];
    assert_eq!(features(request), ["own"]);
    assert_eq!(asked(request).len(), 62);
}

#[test]
fn what_a_page_sent_that_crashed_or_could_not_write_any_more_is_asked_about() {
    let crashed = sending_page(10);
    let left: Vec<String> = crashed.stored.into_values().collect();
    let mut next = next_page(&left);
    next.pass(250.0);
    assert_eq!(asked(&next.requests[0]).len(), 10);
    next.tell(accepted(request(1), ""));
    assert_eq!(
        (next.engine.stats().delivered, next.requests.len()),
        (10, 1)
    );
}

#[test]
fn a_page_that_goes_while_its_events_are_under_way_writes_nothing_again() {
    let mut tab = sending_page(10);
    let writes = tab.writes;
    tab.tell(Input::Hidden);
    assert_eq!(tab.writes, writes);
}

#[test]
fn what_the_server_has_is_confirmed_and_what_it_lacks_is_sent() {
    let mut next = next_page(&left_by_a_page(10, 0));
    next.feature("own");
    next.pass(250.0);
    let ids = asked(&next.requests[0]);
    let lacking = format!("{},{}", ids[3], ids[7]);
    next.tell(accepted(request(1), &lacking));
    assert_eq!(next.engine.stats().delivered, 9);
    assert_eq!(features(&next.requests[1]), ["sent 3", "sent 7"]);
    assert!(next.requests[1].asked.is_empty());
    next.answer(request(2), 200);
    assert_eq!(next.engine.stats().pending, 0);
    assert!(next.stored.is_empty());
}

#[test]
fn a_server_that_knows_no_such_question_gets_them_again() {
    for status in [200, 204, 400, 403, 414] {
        let mut next = next_page(&left_by_a_page(10, 0));
        next.feature("own");
        next.pass(250.0);
        next.answer(request(1), status);
        next.pass(2_000.0);
        let again: Vec<String> = next.requests[1..].iter().flat_map(features).collect();
        assert_eq!(
            again.iter().filter(|name| name.starts_with("sent")).count(),
            10,
            "{status}: {again:?}"
        );
        assert!(next.requests[1].asked.is_empty(), "{status}");
    }
}

#[test]
fn a_question_without_an_answer_is_asked_again_but_not_for_ever() {
    let mut next = next_page(&left_by_a_page(10, 0));
    next.feature("own");
    next.pass(250.0);
    let mut asked_so_often = 0;
    for number in 1..10 {
        if next.requests[number - 1].asked.is_empty() {
            break;
        }
        asked_so_often += 1;
        assert_eq!(features(&next.requests[number - 1]), ["own"]);
        let id = next.requests[number - 1].request;
        match number % 2 {
            0 => next.tell(unanswered(id)),
            _ => next.answer(id, 503),
        }
        while next.requests.len() == number {
            let due = next.engine.poll_timeout().expect("it will be tried again");
            next.pass(due.0 - next.mono);
        }
    }
    assert_eq!(asked_so_often, 4);
    let last = next.requests.last().unwrap();
    assert_eq!(features(last).len(), 11);
}

#[test]
fn a_page_with_nothing_of_its_own_asks_alone_and_others_need_not_understand_that() {
    let left = left_by_a_page(3, 0);
    let mut next = next_page(&left);
    next.pass(250.0);
    assert_eq!(
        (next.requests[0].events, next.requests[0].body.as_str()),
        (0, "")
    );
    next.tell(accepted(request(1), ""));
    assert_eq!((next.engine.stats().delivered, next.requests.len()), (3, 1));

    for status in [200, 400, 401, 405, 413, 500] {
        let mut next = next_page(&left);
        next.pass(250.0);
        next.answer(request(1), status);
        next.pass(2_000.0);
        assert_eq!(features(&next.requests[1]).len(), 3, "{status}");
        assert!(next.losses.is_empty(), "{status}: {:?}", next.losses);
    }
}

#[test]
fn a_flush_waits_for_what_the_server_turned_out_to_lack() {
    let mut next = next_page(&left_by_a_page(2, 0));
    next.call(flush(9));
    let lacking = next.requests[0].asked.clone();
    next.tell(accepted(request(1), &lacking));
    assert!(next.other.is_empty(), "{:?}", next.other);
    next.answer(request(2), 200);
    assert_eq!(next.other.len(), 1);
    assert_eq!(next.engine.stats().delivered, 2);
}

#[test]
fn a_page_that_goes_before_its_question_is_answered_leaves_it_to_the_next() {
    let mut second = next_page(&left_by_a_page(5, 0));
    second.feature("of the second");
    second.pass(250.0);
    second.tell(Input::Hidden);
    let left: Vec<String> = second.stored.values().cloned().collect();
    let mut third = next_page(&left);
    third.pass(250.0);
    assert_eq!(asked(&third.requests[0]).len(), 6);
}

#[test]
fn a_page_that_goes_again_and_again_sends_nothing_twice() {
    let mut left = left_by_a_page(5, 0);
    for _ in 0..3 {
        let mut page = next_page(&left);
        page.tell(Input::Hidden);
        assert!(page.requests.is_empty(), "nothing was left to be sent");
        left = page.stored.into_values().collect();
    }
    let mut last = next_page(&left);
    last.pass(250.0);
    assert_eq!(asked(&last.requests[0]).len(), 5);
}

#[test]
fn what_is_answered_while_the_page_is_hidden_is_over() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.tell(Input::Hidden);
    tab.answer(request(1), 200);
    assert!(tab.stored.is_empty());
    assert_eq!(tab.engine.stats().delivered, 1);
}

#[test]
fn what_was_confirmed_before_the_page_went_is_not_left_to_the_next() {
    let mut tab = Tab::open(Config {
        batch_size: 1_000,
        ..config()
    });
    // One task and one segment, with more than fits into a request.
    for _ in 0..400 {
        tab.within(common::feature("burst"));
    }
    tab.call(flush(1));
    let confirmed = tab.requests[0].events;
    assert!(confirmed < 400);
    tab.answer(request(1), 200);
    tab.tell(Input::Hidden);
    let records: usize = tab.stored.values().map(|text| text.lines().count()).sum();
    assert_eq!(records, 400 - confirmed as usize);
}

#[test]
fn more_than_a_request_may_ask_about_is_asked_in_several() {
    let left: Vec<String> = (0..3).flat_map(|_| left_by_a_page(150, 0)).collect();
    let mut next = next_page(&left);
    next.pass(250.0);
    let mut number = 1;
    while next.engine.stats().pending > 0 {
        let asked = asked(next.requests.last().unwrap()).len();
        assert!((1..=200).contains(&asked), "{asked}");
        next.tell(accepted(request(number), ""));
        number += 1;
    }
    assert_eq!(next.engine.stats().delivered, 450);
}

#[test]
fn refusing_consent_forgets_what_was_asked() {
    let mut next = next_page(&left_by_a_page(2, 0));
    next.pass(250.0);
    next.call(natero_engine::Call::OptOut);
    let lacking = next.requests[0].asked.clone();
    next.tell(accepted(request(1), &lacking));
    next.pass(10_000.0);
    assert_eq!(next.requests.len(), 1);
    next.tell(answered(request(1), 200, None, 0, ""));
    assert_eq!(next.engine.stats().pending, 0);
}
