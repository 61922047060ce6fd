//! Servers that fail, ask to wait or never answer, and browsers without a network.

mod common;

use common::{Tab, flush, never_idle as config, request, unanswered};
use natero_engine::{Call, Effect, Input, Millis, Mono, Persistence};

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

/// A tab whose only request was answered with 503 and `Retry-After`.
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

/// A tab of the same source that opens 20 s after [`told_to_wait`] got its answer, and is
/// asked to send a feature.
fn another_tab() -> Tab {
    let mut tab = Tab::open_with(config(), [7; 4], 20_000.0, "", "", true);
    tab.feature("g");
    tab.call(flush(1));
    tab
}

#[test]
fn other_pages_obey_what_the_server_asked_one() {
    let mut tab = told_to_wait(60_000.0, 1);
    let shared = tab.shared.clone().expect("the wait is shared at once");
    tab.pass(20_000.0);
    tab.tell(Input::Hidden);
    let mut next = Tab::open_with(config(), [7; 4], 20_000.0, "", "", true);
    next.tell(Input::Adopted(&shared));
    for records in tab.stored.values() {
        next.tell(Input::Adopted(records));
    }
    next.feature("g");
    next.call(flush(1));
    next.pass(39_999.0);
    assert!(next.requests.is_empty());
    next.pass(15_001.0);
    let sent = next.sent();
    let features = sent.iter().filter(|event| event["action"] == "feature");
    let is_asked = !next.requests[0].asked.is_empty();
    assert_eq!((features.count(), is_asked), (1, true));
}

#[test]
fn a_living_tab_that_hears_of_a_wait_ends_its_own_try_and_waits() {
    let shared = told_to_wait(60_000.0, 1).shared.unwrap();
    let mut tab = another_tab();
    assert_eq!(tab.requests.len(), 1);
    tab.tell(Input::Adopted(&shared));
    tab.tell(unanswered(request(1)));
    tab.call(flush(2));
    tab.pass(39_999.0);
    assert_eq!(tab.requests.len(), 1);
    tab.pass(15_001.0);
    assert_eq!(tab.requests.len(), 2);
}

#[test]
fn a_shared_wait_ends_though_the_clock_is_set_back_and_it_is_read_again_and_again() {
    let mut tab = told_to_wait(60_000.0, 1);
    let shared = tab.shared.clone().unwrap();
    tab.wall -= 86_400_000.0;
    for _ in 0..3 {
        tab.tell(Input::Adopted(&shared));
        tab.pass(30_000.0);
    }
    assert_eq!(tab.requests.len(), 2);
}

#[test]
fn a_shared_wait_is_over_when_a_batch_is_taken_after_it_and_not_before() {
    let mut tab = told_to_wait(60_000.0, 1);
    assert_ne!(tab.shared.as_deref(), Some(""));
    tab.pass(75_001.0);
    tab.answer(request(2), 200);
    assert_eq!(tab.shared.as_deref(), Some(""));

    // A page that is hidden has two requests under way. The later answer does not end the
    // wait.
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.tell(Input::Hidden);
    tab.feature("g");
    tab.tell(Input::Hidden);
    tab.respond(request(1), 503, Some(Millis(60_000.0)), 0);
    let shared = tab.shared.clone();
    tab.answer(request(2), 200);
    assert_eq!(tab.shared, shared);
    tab.feature("h");
    tab.call(flush(1));
    tab.pass(59_999.0);
    assert_eq!(tab.requests.len(), 2);
}

#[test]
fn what_may_not_be_stored_is_not_shared() {
    let mut memory = config();
    memory.persistence = Persistence::Memory;
    let mut tab = Tab::open(memory);
    tab.feature("f");
    tab.call(flush(1));
    tab.respond(request(1), 503, Some(Millis(60_000.0)), 0);
    assert_eq!(tab.shared, None);
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

/// Browsers do not end such a request when it is aborted, and open few connections.
#[test]
fn after_a_request_without_an_answer_none_outlives_its_page() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    for _ in 0..20 {
        tab.pass(400_000.0);
    }
    tab.tell(Input::Hidden);
    let kept: Vec<bool> = tab.requests.iter().map(|sent| sent.keepalive).collect();
    assert!(kept.len() > 10 && kept[0], "{kept:?}");
    assert!(kept[1..].iter().all(|keepalive| !keepalive), "{kept:?}");
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
        | Effect::ShareWait { .. }
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
    // The flush interval, and the shortest wait after a failure.
    tab.pass(6_000.0);
    tab.answer(request(1), 200);
    let stats = tab.engine.stats();
    assert_eq!((stats.delivered, stats.retries), (1, 0));
}

#[test]
fn a_flush_ends_after_shutdown_though_nobody_answers() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    tab.call(Call::Shutdown);
    tab.other.clear();
    tab.pass(29_999.0);
    assert!(tab.other.is_empty() && tab.aborted.is_empty());
    tab.pass(1.0);
    assert_eq!(tab.aborted, [request(1)]);
    assert!(matches!(tab.other[..], [Effect::ResolveFlush(_)]));
    assert_eq!(tab.engine.poll_timeout(), None, "nothing is tried again");
}

#[test]
fn a_body_that_the_host_sends_again_counts_as_another_request() {
    let mut tab = Tab::open(config());
    tab.feature("f");
    tab.call(flush(1));
    let bytes = tab.requests[0].body.len() as f64;
    tab.tell(Input::SentAgain(request(1)));
    tab.tell(Input::SentAgain(request(77)));
    let stats = tab.engine.stats();
    assert_eq!(
        (stats.requests, stats.bytes_sent, stats.retries),
        (2, 2.0 * bytes, 0)
    );
    tab.answer(request(1), 200);
    tab.tell(Input::SentAgain(request(1)));
    assert_eq!(tab.engine.stats().requests, 2);
}
