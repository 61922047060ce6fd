//! Reports problems to the developer and to `on_error`, without flooding them.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use super::{
    clock,
    console::{Level, print},
    executor, guard,
};
use crate::error::Problem;

/// How long the same message is not repeated, in ms. The page's reaction to a message may
/// cause the next one.
const SILENCE: f64 = 1_000.0;

/// How many different messages are remembered.
const MAX_REMEMBERED: usize = 100;

/// How many messages are reported in that time by all trackers together. The page's
/// reaction may be to make another tracker, which reports the same.
const MAX_REPORTED: u32 = 250;

thread_local! {
    /// The time from which messages are counted, and their number since.
    static REPORTED: Cell<(f64, u32)> = const { Cell::new((-SILENCE, 0)) };
}

/// Receives problems.
pub(crate) type OnError = Rc<dyn Fn(&Problem)>;

/// Reports problems.
#[derive(Default)]
pub(crate) struct Problems {
    on_error: Option<OnError>,
    reported: RefCell<Vec<Reported>>,
}

struct Reported {
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
                if reported.len() == MAX_REMEMBERED {
                    reported.clear();
                }
                reported.push(Reported {
                    wording,
                    at: -SILENCE,
                    dropped: 0,
                });
                reported.len() - 1
            }
        };
        let same = &mut reported[at];
        same.dropped += dropped;
        if now - same.at < SILENCE || !may_report_more(now) {
            return None;
        }
        same.at = now;
        Some(std::mem::take(&mut same.dropped))
    }
}

/// Whether one more message may be reported. Counts it if so.
fn may_report_more(now: f64) -> bool {
    let (mut from, mut count) = REPORTED.get();
    if now - from >= SILENCE {
        (from, count) = (now, 0);
    }
    let may = count < MAX_REPORTED;
    REPORTED.set((from, count + u32::from(may)));
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
