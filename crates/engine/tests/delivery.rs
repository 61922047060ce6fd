//! Batches, failures, and what happens to events.

mod common;

use common::{Tab, events, flush, id, never_idle as config, request};
use natero_engine::{Call, Config, Effect, FlushId, FlushOutcome, Input, Reason, View};
use natero_event::Json;

/// The end of the first flush, with nothing left to send.
fn flushed(delivered: u32, rejected: u32) -> Effect {
    Effect::ResolveFlush(FlushOutcome {
        flush: FlushId(1),
        delivered,
        pending: 0,
        rejected,
    })
}

#[test]
fn few_events_wait_for_the_flush_interval_and_many_do_not() {
    let mut tab = Tab::open(config());
    tab.feature("one");
    tab.pass(4_999.0);
    assert!(tab.requests.is_empty());
    tab.pass(1.0);
    assert_eq!(tab.requests.len(), 1);
    tab.answer(request(1), 200);
    for _ in 0..50 {
        tab.feature("many");
    }
    assert_eq!(tab.requests.len(), 2);
}

#[test]
fn one_request_at_a_time_each_event_in_one() {
    let mut tab = Tab::open(config());
    for _ in 0..500 {
        tab.feature("burst");
    }
    assert_eq!(tab.requests.len(), 1);
    tab.drain();
    let sent = tab.sent();
    let seqs: Vec<u64> = sent.iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (0..500).collect::<Vec<u64>>());
    assert!(tab.requests.iter().all(|r| r.body.len() <= 60 * 1024));
    assert_eq!(tab.engine.stats().delivered, 500);
}

#[test]
fn what_did_not_fit_into_a_request_goes_with_the_next_at_once() {
    let mut tab = Tab::open(Config {
        batch_size: u32::MAX,
        ..config()
    });
    for _ in 0..500 {
        tab.feature("f");
    }
    tab.pass(5_000.0);
    let due = tab.mono;
    for number in 1.. {
        tab.answer(request(number), 200);
        if tab.engine.stats().pending == 0 {
            break;
        }
    }
    assert!(tab.requests.len() > 2, "all fitted into one request");
    assert_eq!((tab.mono, tab.engine.stats().delivered), (due, 500));
}

#[test]
fn what_can_never_succeed_drops_the_batch_and_says_so() {
    for status in [400, 401, 410, 422] {
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.feature("g");
        tab.call(flush(1));
        tab.answer(request(1), status);
        assert_eq!(tab.engine.stats().pending, 0);
        assert_eq!(tab.losses.len(), 1);
        let loss = &tab.losses[0];
        assert_eq!(
            (loss.reason, loss.count, loss.status, loss.message.as_str()),
            (Reason::Rejected, 2, Some(status), "said")
        );
        assert_eq!(tab.other, [flushed(0, 2)]);
    }
}

#[test]
fn every_other_answer_keeps_the_batch() {
    let dropping = [400, 401, 410, 413, 422];
    for status in (100..600).filter(|status| !(200..300).contains(status)) {
        if dropping.contains(&status) {
            continue;
        }
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.call(flush(1));
        tab.answer(request(1), status);
        assert_eq!(tab.engine.stats().pending, 1, "{status}");
        assert!(tab.losses.is_empty(), "{status}");
        tab.pass(1_000.0);
        assert_eq!(tab.requests.len(), 2, "{status} is tried again");
        assert_eq!(tab.requests[1].body, tab.requests[0].body);
    }
}

#[test]
fn too_large_a_batch_is_halved_until_the_event_that_is_too_large_is_alone() {
    let mut tab = Tab::open(config());
    for name in ["a", "b", "giant", "c"] {
        tab.feature(name);
    }
    tab.call(flush(1));
    let mut answered = 0;
    while answered < tab.requests.len() {
        let request = tab.requests[answered].clone();
        answered += 1;
        tab.answer(
            request.request,
            if request.body.contains("giant") {
                413
            } else {
                200
            },
        );
        tab.call(flush(2));
    }
    assert_eq!(tab.engine.stats().delivered, 3);
    assert_eq!(tab.engine.stats().dropped.too_large, 1);
    assert!(answered < 10);
}

#[test]
fn a_flush_ends_in_a_page_that_goes_on_making_events() {
    let mut tab = Tab::open(config());
    tab.feature("before");
    tab.call(flush(1));
    tab.feature("while it is sent");
    tab.answer(request(1), 200);
    let outcome = Effect::ResolveFlush(FlushOutcome {
        flush: FlushId(1),
        delivered: 1,
        pending: 1,
        rejected: 0,
    });
    assert_eq!(tab.other, [outcome]);
    // Later events wait for their own batch.
    assert_eq!(tab.requests.len(), 1);
    tab.pass(5_000.0);
    assert_eq!(tab.requests.len(), 2);
}

#[test]
fn a_flush_waits_for_all_that_was_queued_before_it() {
    let mut tab = Tab::open(Config {
        batch_size: 1,
        ..config()
    });
    tab.feature("on its way");
    tab.feature("waits for the answer");
    tab.call(flush(1));
    tab.feature("later");
    tab.answer(request(1), 200);
    assert!(tab.other.is_empty(), "{:?}", tab.other);
    tab.call(flush(2));
    tab.answer(request(2), 200);
    assert_eq!(tab.requests.len(), 2);
    assert_eq!(tab.other.len(), 2);
    assert_eq!(tab.engine.stats().delivered, 3);
}

#[test]
fn of_two_flushes_each_ends_with_its_own_events() {
    let mut tab = Tab::open(config());
    tab.feature("of the first");
    tab.call(flush(1));
    tab.feature("of the second");
    tab.call(flush(2));
    tab.answer(request(1), 200);
    assert_eq!((tab.other.len(), tab.requests.len()), (1, 2));
    tab.answer(request(2), 200);
    assert_eq!(tab.other.len(), 2);
}

#[test]
fn a_flush_that_fails_ends_with_all_that_wait() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.call(flush(2));
    tab.answer(request(1), 503);
    assert_eq!(tab.other.len(), 2);
}

#[test]
fn refused_lines_are_reported_and_not_sent_again() {
    let mut tab = Tab::open(config());
    for _ in 0..3 {
        tab.feature("f");
    }
    tab.call(flush(1));
    tab.respond(request(1), 200, None, 1);
    assert_eq!(tab.other, [flushed(2, 1)]);
    assert_eq!(tab.losses[0].count, 1);
    tab.pass(60_000.0);
    assert_eq!(tab.requests.len(), 1);
}

#[test]
fn leaving_sends_what_fits_into_the_browsers_allowance() {
    let mut tab = Tab::open(config());
    for _ in 0..40 {
        tab.call(Call::IdentifyUser {
            user: id("ann"),
            details: Some(Json(&format!(r#"{{"x":"{}"}}"#, "y".repeat(4_000)))),
        });
    }
    tab.tell(Input::Hidden);
    let total: usize = tab.requests.iter().map(|r| r.body.len()).sum();
    assert!(total <= 60 * 1024, "{total}");
    assert!(total > 50 * 1024, "{total}");
    assert!(tab.requests.iter().all(|r| r.unloading && r.keepalive));
    let sent: usize = tab.requests.iter().map(|r| events(r).len()).sum();
    assert_eq!(
        tab.engine.stats().pending as usize,
        40,
        "nothing is forgotten before it is confirmed; {sent} sent"
    );
}

#[test]
fn over_the_bound_page_views_go_before_features_and_all_are_counted() {
    let mut tab = Tab::open(Config {
        track_page_views: true,
        max_queue_bytes: 5_000,
        ..config()
    });
    for _ in 0..10 {
        tab.tell(Input::Navigated(View {
            url: "https://app.example/a",
            title: "A",
        }));
        tab.feature("f");
    }
    tab.drain();
    let sent = tab.sent();
    let features = sent.iter().filter(|e| e["action"] == "feature").count();
    assert_eq!(features, 10);
    let lost: u32 = tab.losses.iter().map(|loss| loss.count).sum();
    assert_eq!(lost, tab.engine.stats().dropped.overflow);
    assert_eq!(sent.len() as u32 + lost, tab.engine.stats().accepted);
}

#[test]
fn with_sending_disabled_everything_runs_and_nothing_leaves() {
    let mut tab = Tab::open(Config {
        disable_event_send: true,
        ..config()
    });
    tab.feature("f");
    tab.call(flush(1));
    tab.tell(Input::Hidden);
    assert!(tab.requests.is_empty());
    assert_eq!(tab.engine.stats().accepted, 1);
    assert_eq!(tab.engine.stats().dropped.disabled, 1);
}

/// Flushes a tab whose server accepts bodies of up to `most` bytes and has answered
/// `answered` requests. Returns how many requests it refused.
fn drain_through(tab: &mut Tab, mut answered: usize, most: usize) -> usize {
    let mut refused = 0;
    tab.call(flush(1));
    while let Some(request) = tab.requests.get(answered).cloned() {
        answered += 1;
        let is_refused = request.body.len() > most;
        refused += usize::from(is_refused);
        tab.answer(request.request, if is_refused { 413 } else { 200 });
    }
    refused
}

#[test]
fn a_server_that_takes_small_batches_gets_small_ones_from_then_on() {
    let mut tab = Tab::open(config());
    let name = "f".repeat(250);
    for _ in 0..1_000 {
        tab.feature(&name);
    }
    let refused = drain_through(&mut tab, 0, 4_096);
    assert_eq!(tab.engine.stats().delivered, 1_000);
    assert!(refused <= 5 + tab.requests.len() / 30, "{refused}");
    let sent = tab.engine.stats().bytes_sent;
    let bytes: usize = tab.requests.iter().map(|request| request.body.len()).sum();
    assert!((sent - bytes as f64).abs() < 1.0);
    let delivered: usize = tab
        .requests
        .iter()
        .map(|request| request.body.len())
        .filter(|bytes| *bytes <= 4_096)
        .sum();
    assert!(bytes < delivered * 3 / 2, "{bytes} for {delivered}");
}

#[test]
fn a_server_that_takes_large_batches_again_gets_them_after_a_while() {
    let mut tab = Tab::open(config());
    for _ in 0..200 {
        tab.feature("f");
    }
    assert!(drain_through(&mut tab, 0, 4_096) > 0);
    let answered = tab.requests.len();
    for _ in 0..7_000 {
        tab.feature("f");
    }
    assert_eq!(drain_through(&mut tab, answered, 1_000_000), 0);
    let largest = tab.requests[answered..].iter().map(|it| it.body.len());
    assert!(largest.max() > Some(40_000));
}
