//! Batches, failures and what becomes of events.

mod common;

use common::{Call, Input, Tab, events};
use natero_engine::{Config, Do, Reason};

/// Nobody is ever idle here, so that no event is made but those of the test.
fn config() -> Config {
    Config {
        idle_timeout: 1e12,
        session_sync_interval: 1e12,
        ..common::config()
    }
}

#[test]
fn few_events_wait_for_the_flush_interval_and_many_do_not() {
    let mut tab = Tab::open(config());
    tab.feature("one");
    tab.pass(4_999.0);
    assert!(tab.requests.is_empty());
    tab.pass(1.0);
    assert_eq!(tab.requests.len(), 1);
    tab.answer(1, 200);
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
        batch_size: 1e9,
        ..config()
    });
    for _ in 0..500 {
        tab.feature("f");
    }
    tab.pass(5_000.0);
    let due = tab.mono;
    for id in 1.. {
        tab.answer(id, 200);
        if tab.engine.pending() == 0 {
            break;
        }
    }
    assert!(tab.requests.len() > 2, "all fitted into one request");
    assert_eq!((tab.mono, tab.engine.stats().delivered), (due, 500));
}

#[test]
fn failures_are_tried_again_later_and_later_but_within_five_minutes() {
    for status in [0, 408, 429, 500, 503] {
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.call(Call::Flush(1));
        let mut waits = Vec::new();
        for _ in 0..14 {
            let id = tab.requests.last().unwrap().id;
            match status {
                0 => tab.tell(Input::Failed(id)),
                status => tab.answer(id, status),
            }
            let failed = tab.mono;
            let before = tab.requests.len();
            while tab.requests.len() == before {
                let due = tab.engine.poll_timeout().expect("it will be tried again");
                tab.pass(due - tab.mono);
            }
            waits.push(tab.mono - failed);
        }
        assert!(waits.iter().all(|wait| *wait <= 300_000.0), "{waits:?}");
        assert!(waits[..3].iter().all(|wait| *wait <= 4_000.0), "{waits:?}");
        assert!(waits[9..].iter().any(|wait| *wait > 30_000.0), "{waits:?}");
        let id = tab.requests.last().unwrap().id;
        tab.answer(id, 200);
        assert_eq!((tab.engine.stats().delivered, tab.engine.pending()), (1, 0));
        assert_eq!(tab.engine.stats().retries, 14);
    }
}

#[test]
fn retry_after_is_obeyed_even_by_a_flush() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(Call::Flush(1));
    tab.respond(1, 503, 60_000.0, 0);
    tab.call(Call::Flush(2));
    tab.pass(59_999.0);
    assert_eq!(tab.requests.len(), 1);
    tab.pass(1.0);
    assert_eq!(tab.requests.len(), 2);
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
            let id = tab.requests[answered].id;
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
    tab.call(Call::Flush(1));
    tab.pass(60_000.0);
    assert!(tab.requests.len() >= 2);
    tab.answer(1, 401);
    assert_eq!(tab.engine.pending(), 1);
    let last = tab.requests.last().unwrap().id;
    tab.answer(last, 200);
    assert_eq!(tab.engine.stats().delivered, 1);
}

#[test]
fn other_client_errors_drop_the_batch_and_say_so() {
    for status in [400, 401, 403, 404, 415] {
        let mut tab = Tab::open(config());
        tab.feature("f");
        tab.feature("g");
        tab.call(Call::Flush(1));
        tab.answer(1, status);
        assert_eq!(tab.engine.pending(), 0);
        assert_eq!(tab.losses.len(), 1);
        let loss = &tab.losses[0];
        assert_eq!(
            (loss.reason, loss.count, loss.status, loss.message.as_str()),
            (Reason::Rejected, 2, status, "said")
        );
        assert_eq!(tab.others(), [(Do::Flushed, "", [1.0, 0.0, 0.0, 2.0])]);
    }
}

#[test]
fn too_large_a_batch_is_halved_until_the_event_that_is_too_large_is_alone() {
    let mut tab = Tab::open(config());
    for name in ["a", "b", "giant", "c"] {
        tab.feature(name);
    }
    tab.call(Call::Flush(1));
    let mut answered = 0;
    while answered < tab.requests.len() {
        let request = tab.requests[answered].clone();
        answered += 1;
        tab.answer(
            request.id,
            if request.body.contains("giant") {
                413
            } else {
                200
            },
        );
        tab.call(Call::Flush(2));
    }
    assert_eq!(tab.engine.stats().delivered, 3);
    assert_eq!(tab.engine.stats().dropped(Reason::TooLarge), 1);
    assert!(answered < 10);
}

#[test]
fn refused_lines_are_reported_and_not_sent_again() {
    let mut tab = Tab::open(config());
    for _ in 0..3 {
        tab.feature("f");
    }
    tab.call(Call::Flush(1));
    tab.respond(1, 200, 0.0, 1);
    assert_eq!(tab.others(), [(Do::Flushed, "", [1.0, 2.0, 0.0, 1.0])]);
    assert_eq!(tab.losses[0].count, 1);
    tab.pass(60_000.0);
    assert_eq!(tab.requests.len(), 1);
}

#[test]
fn nothing_is_sent_while_offline_and_at_once_when_the_network_is_back() {
    let mut tab = Tab::open(config());
    tab.tell(Input::Online(false));
    for _ in 0..100 {
        tab.feature("f");
    }
    tab.pass(30_000.0);
    assert!(tab.requests.is_empty());
    tab.tell(Input::Online(true));
    assert_eq!(tab.requests.len(), 1);
}

#[test]
fn leaving_sends_what_fits_into_the_browsers_allowance() {
    let mut tab = Tab::open(config());
    for _ in 0..40 {
        tab.call(Call::IdentifyUser(
            "ann",
            Some(&format!(r#"{{"x":"{}"}}"#, "y".repeat(4_000))),
        ));
    }
    tab.tell(Input::Hidden);
    let total: usize = tab.requests.iter().map(|r| r.body.len()).sum();
    assert!(total <= 60 * 1024, "{total}");
    assert!(total > 50 * 1024, "{total}");
    assert!(tab.requests.iter().all(|r| r.unloading && r.keepalive));
    let sent: usize = tab.requests.iter().map(|r| events(r).len()).sum();
    assert_eq!(
        tab.engine.pending() as usize,
        40,
        "nothing is forgotten before it is confirmed; {sent} sent"
    );
}

#[test]
fn over_the_bound_page_views_go_before_features_and_all_are_counted() {
    let mut tab = Tab::open(Config {
        track_page_views: true,
        max_queue_bytes: 5_000.0,
        ..config()
    });
    tab.tell(Input::Online(false));
    for _ in 0..10 {
        tab.tell(Input::Navigated("https://app.example/a", "A"));
        tab.feature("f");
    }
    tab.tell(Input::Online(true));
    tab.drain();
    let sent = tab.sent();
    let features = sent.iter().filter(|e| e["action"] == "feature").count();
    assert_eq!(features, 10);
    let lost: u32 = tab.losses.iter().map(|loss| loss.count).sum();
    assert_eq!(lost, tab.engine.stats().dropped(Reason::Overflow));
    assert_eq!(sent.len() as u32 + lost, tab.engine.stats().accepted);
}

#[test]
fn with_sending_disabled_everything_runs_and_nothing_leaves() {
    let mut tab = Tab::open(Config {
        disable_event_send: true,
        ..config()
    });
    tab.feature("f");
    tab.call(Call::Flush(1));
    tab.tell(Input::Hidden);
    assert!(tab.requests.is_empty());
    assert_eq!(tab.engine.stats().accepted, 1);
    assert_eq!(tab.engine.stats().dropped(Reason::Disabled), 1);
}
