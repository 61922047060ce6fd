//! What an inspector of the tracker gets to see.

mod common;

use common::{Tab, answered, config, feature, flush, request, unanswered};
use natero_engine::{
    Call, ClockState, Config, Consent, Effect, Input, Millis, Mono, Progress, QueuedEvent, WaitsFor,
};
use natero_event::Id;

fn waits(tab: &Tab) -> (WaitsFor, Option<f64>) {
    let inspection = tab.engine.inspect(Mono(tab.mono));
    (
        inspection.waits_for,
        inspection.waits_until.map(|until| until.0),
    )
}

fn queued(tab: &Tab) -> Vec<QueuedEvent<'_>> {
    (0..).map_while(|at| tab.engine.queued_event(at)).collect()
}

fn progress(tab: &Tab) -> Vec<Progress> {
    queued(tab).iter().map(|event| event.progress).collect()
}

fn shown(tab: &Tab) -> usize {
    let is_shown = |effect: &&Effect| matches!(effect, Effect::ShowEvent { .. });
    tab.other.iter().filter(is_shown).count()
}

#[test]
fn an_event_waits_for_its_batch_then_for_an_answer_and_then_for_nothing() {
    let mut tab = Tab::open(config());
    assert_eq!(waits(&tab), (WaitsFor::Nothing, None));
    tab.call(feature("a"));
    assert_eq!(waits(&tab), (WaitsFor::Batch, Some(5_000.0)));
    assert_eq!(progress(&tab), [Progress::Waiting]);
    assert!(queued(&tab)[0].line.contains("\"feature\":\"a\""));
    assert!(queued(&tab)[0].is_stored);
    tab.call(flush(1));
    assert_eq!(waits(&tab), (WaitsFor::Answer, Some(30_000.0)));
    assert_eq!(progress(&tab), [Progress::Carried(request(1))]);
    tab.tell(answered(request(1), 200, None, 0, ""));
    assert_eq!(waits(&tab), (WaitsFor::Nothing, None));
    assert!(queued(&tab).is_empty());
}

#[test]
fn events_without_both_ids_wait_for_those_and_say_which() {
    let mut tab = Tab::open(Config {
        user_id: None,
        ..config()
    });
    tab.call(feature("a"));
    assert_eq!(waits(&tab), (WaitsFor::Ids, None));
    assert!(queued(&tab)[0].lacks_user && !queued(&tab)[0].lacks_account);
    tab.call(Call::SetUser(Id::new("ann")));
    assert_eq!(
        waits(&tab),
        (WaitsFor::Ids, Some(100.0)),
        "the account of a sign-in may follow"
    );
    tab.pass(100.0);
    assert_eq!(waits(&tab).0, WaitsFor::Batch);
    assert!(!queued(&tab)[0].lacks_user);
}

#[test]
fn while_consent_is_missing_events_wait_for_that() {
    let mut tab = Tab::open(Config {
        consent: Consent::Pending,
        ..config()
    });
    tab.call(feature("a"));
    assert_eq!(waits(&tab), (WaitsFor::Consent, None));
    assert!(!queued(&tab)[0].is_stored);
    tab.call(Call::OptIn);
    assert_eq!(waits(&tab).0, WaitsFor::Batch);
}

#[test]
fn after_a_failure_events_wait_for_the_next_try_and_after_retry_after_for_that() {
    let mut tab = Tab::open(config());
    tab.call(feature("a"));
    tab.call(flush(1));
    tab.tell(unanswered(request(1)));
    let (waits_for, until) = waits(&tab);
    assert_eq!(waits_for, WaitsFor::Backoff);
    assert!(until.is_some_and(|until| until > 0.0 && until <= 1_000.0));
    assert_eq!(tab.engine.inspect(Mono(tab.mono)).failures, 1);
    tab.call(flush(2));
    tab.tell(answered(request(2), 503, Some(Millis(60_000.0)), 0, ""));
    let (waits_for, until) = waits(&tab);
    assert_eq!(waits_for, WaitsFor::RetryAfter);
    assert!(until.is_some_and(|until| (60_000.0..=75_000.0).contains(&until)));
}

#[test]
fn after_a_shutdown_what_is_left_waits_for_the_next_page() {
    let mut tab = Tab::open(config());
    tab.call(feature("a"));
    tab.call(Call::Shutdown);
    assert_eq!(waits(&tab).0, WaitsFor::Answer);
    tab.tell(unanswered(request(1)));
    assert_eq!(waits(&tab), (WaitsFor::NextPage, None));
}

#[test]
fn active_time_is_shown_as_it_runs_and_stops_while_the_user_is_idle() {
    let mut tab = Tab::open(config());
    tab.tell(Input::Activity);
    tab.mono += 1_500.0;
    let inspection = tab.engine.inspect(Mono(tab.mono));
    assert_eq!(inspection.clock, ClockState::Active);
    assert_eq!(inspection.session_time, Millis(1_500.0));
    assert_eq!(inspection.idle_at, Some(Mono(60_000.0)));
    tab.mono = 100_000.0;
    tab.wall += 100_000.0;
    tab.tell(Input::Timer);
    let inspection = tab.engine.inspect(Mono(tab.mono));
    assert_eq!(
        (inspection.clock, inspection.idle_at),
        (ClockState::Idle, None)
    );
    assert_eq!(inspection.module_time, Millis(0.0));
}

#[test]
fn events_are_shown_only_while_somebody_looks() {
    let mut tab = Tab::open(config());
    tab.call(feature("a"));
    assert_eq!(shown(&tab), 0);
    tab.tell(Input::Inspected(true));
    tab.call(feature("b"));
    assert_eq!(shown(&tab), 1);
    tab.tell(Input::Inspected(false));
    tab.call(feature("c"));
    assert_eq!(shown(&tab), 1);
}
