//! Reports problems to the developer and to `on_error`, without flooding them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use natero_engine::host_constants::{
    MAX_REMEMBERED_MESSAGES, MAX_REPORTED_MESSAGES, MESSAGE_SILENCE,
};

use super::{
    clock,
    console::{Level, print},
    executor, guard,
};
use crate::error::Problem;

thread_local! {
    /// The time from which messages are counted, and their number since.
    static REPORTED: Cell<(f64, usize)> = const { Cell::new((-MESSAGE_SILENCE.0, 0)) };
}

/// Receives problems.
pub(crate) type OnError = Rc<dyn Fn(&Problem)>;

/// Reports problems.
#[derive(Default)]
pub(crate) struct Problems {
    on_error: Option<OnError>,
    reported: RefCell<Vec<ReportedMessage>>,
}

struct ReportedMessage {
    /// The bytes of the message without its digits. A message with other numbers counts
    /// as the same.
    wording: Vec<u8>,
    at: f64,
    /// Lost events that were not reported with the message yet.
    dropped: u32,
}

impl Problems {
    pub fn new(on_error: Option<OnError>) -> Problems {
        Problems {
            on_error,
            reported: RefCell::default(),
        }
    }

    /// Prints a problem, and calls `on_error` after the current task, because that may do
    /// anything, even call the tracker.
    pub fn report(&self, mut problem: Problem) {
        let Some(dropped) = self.may_report(&problem.message, problem.dropped, clock::monotonic())
        else {
            return;
        };
        problem.dropped = dropped;
        print(Level::Error, &problem.message);
        if let Some(on_error) = &self.on_error {
            let on_error = Rc::clone(on_error);
            executor::later(move || {
                // A failure of `on_error` is not reported.
                let _ = guard::run(|| on_error(&problem));
            });
        }
    }

    /// Warns the developer.
    pub fn warn(&self, message: &str) {
        if self.may_report(message, 0, clock::monotonic()).is_some() {
            print(Level::Warn, message);
        }
    }

    /// The number of events to report with a message now; `None` if it was just reported,
    /// or if too many messages were.
    fn may_report(&self, message: &str, dropped: u32, now: f64) -> Option<u32> {
        let mut wording = Vec::with_capacity(message.len());
        for letter in message.bytes() {
            if !letter.is_ascii_digit() {
                wording.push(letter);
            }
        }
        let mut reported = self.reported.borrow_mut();
        let at = match reported.iter().position(|it| it.wording == wording) {
            Some(at) => at,
            None => {
                if reported.len() == MAX_REMEMBERED_MESSAGES {
                    reported.clear();
                }
                reported.push(ReportedMessage {
                    wording,
                    at: -MESSAGE_SILENCE.0,
                    dropped: 0,
                });
                reported.len() - 1
            }
        };
        let same = &mut reported[at];
        same.dropped += dropped;
        if now - same.at < MESSAGE_SILENCE.0 || !may_report_more(now) {
            return None;
        }
        same.at = now;
        Some(std::mem::take(&mut same.dropped))
    }
}

/// Whether one more message may be reported. Counts it if so.
fn may_report_more(now: f64) -> bool {
    let (mut from, mut count) = REPORTED.get();
    if now - from >= MESSAGE_SILENCE.0 {
        (from, count) = (now, 0);
    }
    let may = count < MAX_REPORTED_MESSAGES;
    REPORTED.set((from, count + usize::from(may)));
    may
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_reported_once_a_second_and_counts_the_unreported_losses() {
        let problems = Problems::default();
        assert_eq!(problems.may_report("1 event was lost", 1, 0.0), Some(1));
        assert_eq!(problems.may_report("2 event was lost", 2, 1.0), None);
        assert_eq!(problems.may_report("something else", 0, 1.0), Some(0));
        assert_eq!(problems.may_report("3 event was lost", 3, 999.0), None);
        assert_eq!(problems.may_report("4 event was lost", 4, 1_000.0), Some(9));
        assert_eq!(problems.may_report("1 event was lost", 1, 2_000.0), Some(1));
    }

    #[test]
    fn all_trackers_together_tell_no_more_a_second_than_they_may() {
        let count = |now: f64| {
            (0..1_000)
                .filter(|_| {
                    Problems::default()
                        .may_report("no settings", 0, now)
                        .is_some()
                })
                .count()
        };
        assert_eq!([count(0.0), count(999.0), count(1_000.0)], [250, 0, 250]);
    }
}
