//! Batches, failures and what becomes of events.

mod common;

use common::{Tab, events, flush, id, request, unanswered};
use natero_engine::{
    Call, Config, Effect, FlushId, FlushOutcome, Input, Millis, Mono, Reason, View,
};
use natero_event::Json;

/// Nobody is ever idle here, so that no event is made but those of the test.
fn config() -> Config {
    Config {
        idle_timeout: Millis(1e12),
        session_sync_interval: Millis(1e12),
        ..common::config()
    }
}

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
fn failures_are_tried_again_later_and_later_but_within_five_minutes() {
    for status in [0, 403, 404, 408, 425, 429, 500, 503] {
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.call(flush(1));
        let mut waits = Vec::new();
        for _ in 0..14 {
            let id = tab.requests.last().unwrap().request;
            match status {
                0 => tab.tell(unanswered(id)),
                status => tab.answer(id, status),
            }
            let failed = tab.mono;
            let before = tab.requests.len();
            while tab.requests.len() == before {
                let Mono(due) = tab.engine.poll_timeout().expect("it will be tried again");
                tab.pass(due - tab.mono);
            }
            waits.push(tab.mono - failed);
        }
        assert!(waits.iter().all(|wait| *wait <= 300_000.0), "{waits:?}");
        assert!(waits[..3].iter().all(|wait| *wait <= 4_000.0), "{waits:?}");
        assert!(waits[9..].iter().any(|wait| *wait > 30_000.0), "{waits:?}");
        let id = tab.requests.last().unwrap().request;
        tab.answer(id, 200);
        assert_eq!(
            (tab.engine.stats().delivered, tab.engine.stats().pending),
            (1, 0)
        );
        assert_eq!(tab.engine.stats().retries, 14);
    }
}

/// A tab whose one request was answered with 503 and `Retry-After`.
fn told_to_wait(ms: f64, seed: u32) -> Tab {
    let mut tab = Tab::open_with(config(), [seed, 2, 3, 4], 0.0, "", "", true);
    tab.feature("f");
    tab.call(flush(1));
    tab.respond(request(1), 503, Some(Millis(ms)), 0);
    tab
}

#[test]
fn retry_after_is_obeyed_whatever_else_asks_for_a_request() {
    let left = Tab::open(config());
    let asks: [fn(&mut Tab, &Tab); 4] = [
        |tab, _| tab.call(flush(2)),
        |tab, _| tab.tell(Input::Online(true)),
        |tab, left| {
            left.stored
                .values()
                .for_each(|left| tab.tell(Input::Adopted(left)))
        },
        |tab, _| tab.tell(Input::Hidden),
    ];
    let mut left = left;
    left.feature("of another page");
    for (number, ask) in asks.iter().enumerate() {
        let mut tab = told_to_wait(60_000.0, 1);
        ask(&mut tab, &left);
        tab.pass(59_999.0);
        assert_eq!(tab.requests.len(), 1, "case {number}");
        tab.pass(15_001.0);
        assert_eq!(tab.requests.len(), 2, "case {number}");
    }
}

#[test]
fn clients_told_the_same_come_back_spread_over_a_quarter_of_it_in_whole_ms() {
    let waits = |ms: f64| -> Vec<f64> {
        let wait = |seed| {
            let mut tab = told_to_wait(ms, seed);
            while tab.requests.len() < 2 {
                let Mono(due) = tab.engine.poll_timeout().expect("it will be tried again");
                tab.pass(due - tab.mono);
            }
            tab.mono
        };
        (0..200).map(wait).collect()
    };
    for (asked, spread) in [(60_000.0, 15_000.0), (500.0, 1_000.0)] {
        let waits = waits(asked);
        assert!(waits.iter().all(|wait| wait.fract() == 0.0), "{waits:?}");
        let least = waits.iter().copied().fold(f64::INFINITY, f64::min);
        let most = waits.iter().copied().fold(0.0, f64::max);
        assert!(
            least >= asked && most <= asked + spread,
            "{least} to {most}"
        );
        assert!(most - least > 0.9 * spread, "{least} to {most}");
    }
}

#[test]
fn the_next_page_obeys_what_the_server_asked_the_last_one() {
    let mut tab = told_to_wait(60_000.0, 1);
    tab.pass(20_000.0);
    tab.tell(Input::Hidden);
    let mut next = Tab::open_with(config(), [7; 4], 20_000.0, "", "", true);
    let stored: Vec<String> = tab.stored.values().cloned().collect();
    for records in &stored {
        next.tell(Input::Adopted(records));
    }
    next.feature("g");
    next.call(flush(1));
    next.pass(39_999.0);
    assert!(next.requests.is_empty());
    next.pass(15_001.0);
    let sent = next.sent();
    let features = sent.iter().filter(|event| event["action"] == "feature");
    assert_eq!(features.count(), 2);
}

#[test]
fn a_server_that_fails_for_an_hour_costs_few_requests() {
    let mut tab = Tab::open(config());
    let end = 3_600_000.0;
    let mut answered = 0;
    while tab.mono < end {
        tab.feature("f");
        tab.work(1_000.0, 500.0);
        while answered < tab.requests.len() {
            let id = tab.requests[answered].request;
            answered += 1;
            tab.answer(id, 500);
        }
    }
    assert!(tab.requests.len() < 60, "{} requests", tab.requests.len());
}

#[test]
fn an_answer_that_never_comes_is_a_failure_and_one_that_comes_late_is_ignored() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.pass(60_000.0);
    assert!(tab.requests.len() >= 2);
    tab.answer(request(1), 401);
    assert_eq!(tab.engine.stats().pending, 1);
    let last = tab.requests.last().unwrap().request;
    tab.answer(last, 200);
    assert_eq!(tab.engine.stats().delivered, 1);
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
fn a_request_without_an_answer_is_aborted_and_made_again() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.pass(29_999.0);
    assert!(tab.aborted.is_empty());
    tab.pass(1.0);
    assert_eq!(tab.aborted, [request(1)]);
    tab.pass(1_000.0);
    assert_eq!(tab.requests.len(), 2);
}

/// The status of each warning so far.
fn warnings(tab: &Tab) -> Vec<Option<u16>> {
    let warning = |effect: &Effect| match effect {
        Effect::WarnUnreachable { status } => Some(*status),
        Effect::Send(_)
        | Effect::AbortRequest { .. }
        | Effect::Filter { .. }
        | Effect::ReportLoss(_)
        | Effect::WarnAccountChanged { .. }
        | Effect::ShowEvent { .. }
        | Effect::ReadCookies
        | Effect::SetSession { .. }
        | Effect::SetVisitor { .. }
        | Effect::EraseCookies
        | Effect::AnnounceTab { .. }
        | Effect::ResolveFlush(_)
        | Effect::ClaimStorage { .. }
        | Effect::PersistAtTaskEnd
        | Effect::Store { .. }
        | Effect::RemoveSegment { .. }
        | Effect::AdoptOrphans
        | Effect::EraseStorage
        | Effect::Detach => None,
    };
    tab.other.iter().filter_map(warning).collect()
}

#[test]
fn what_takes_nothing_for_a_minute_is_told_of_once() {
    for status in [None, Some(404), Some(503)] {
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.call(flush(1));
        let mut failed = 0;
        let mut fail_until = |tab: &mut Tab, end: f64| {
            while tab.mono < end {
                while failed < tab.requests.len() {
                    let id = tab.requests[failed].request;
                    failed += 1;
                    match status {
                        None => tab.tell(unanswered(id)),
                        Some(status) => tab.answer(id, status),
                    }
                }
                tab.pass(100.0_f64.min(end - tab.mono));
            }
        };
        fail_until(&mut tab, 59_900.0);
        assert_eq!(warnings(&tab), []);
        fail_until(&mut tab, 60_000.0);
        assert_eq!(warnings(&tab), [status]);
        fail_until(&mut tab, 3_600_000.0);
        assert_eq!(warnings(&tab), [status]);
    }
}

#[test]
fn a_server_that_swallows_requests_is_told_of_after_a_minute_too() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.pass(59_999.0);
    assert_eq!(warnings(&tab), []);
    tab.pass(1.0);
    assert_eq!(warnings(&tab), [None]);
}

#[test]
fn a_server_that_comes_back_within_a_minute_is_not_told_of() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.answer(request(1), 502);
    tab.pass(1_000.0);
    tab.answer(request(2), 200);
    tab.pass(600_000.0);
    assert_eq!(warnings(&tab), []);
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
fn a_browser_that_says_it_is_offline_is_tried_at_the_pace_of_failures() {
    let mut tab = Tab::open(config());
    tab.tell(Input::Online(false));
    for _ in 0..100 {
        tab.feature("f");
    }
    let mut failed = 0;
    let end = tab.mono + 600_000.0;
    while tab.mono < end {
        tab.pass(100.0);
        while failed < tab.requests.len() {
            let id = tab.requests[failed].request;
            failed += 1;
            tab.tell(unanswered(id));
        }
    }
    assert!((5..20).contains(&failed), "{failed} requests in 10 min");
    tab.tell(Input::Online(true));
    assert_eq!(tab.requests.len(), failed + 1, "at once when it is back");
}

#[test]
fn a_browser_that_is_wrong_about_the_network_delivers() {
    let mut tab = Tab::open(config());
    tab.tell(Input::Online(false));
    tab.feature("f");
    tab.pass(5_000.0);
    tab.answer(request(1), 200);
    assert_eq!(tab.engine.stats().delivered, 1);
    tab.tell(Input::Online(false));
    tab.feature("g");
    tab.call(flush(1));
    assert_eq!(tab.requests.len(), 2, "a flush sends at once");
}

#[test]
fn what_a_browser_says_of_the_network_is_no_failure() {
    let mut tab = Tab::open(config());
    for _ in 0..20 {
        tab.tell(Input::Online(false));
    }
    tab.feature("f");
    // The interval, and the shortest wait after a failure.
    tab.pass(6_000.0);
    tab.answer(request(1), 200);
    let stats = tab.engine.stats();
    assert_eq!((stats.delivered, stats.retries), (1, 0));
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
