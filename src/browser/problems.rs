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
    timer::Timer,
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
    /// Set while losses are silenced.
    silence: Timer,
}

struct ReportedMessage {
    /// The bytes of the message without its digits. A message with other numbers counts
    /// as the same.
    wording: Vec<u8>,
    at: f64,
    /// Lost events that were not reported with the message yet.
    silenced: Option<Problem>,
}

impl Problems {
    pub fn new(on_error: Option<OnError>) -> Problems {
        Problems {
            on_error,
            ..Problems::default()
        }
    }

    /// Prints a problem, and calls `on_error` after the current task, because that may do
    /// anything, even call the tracker. The same message is reported at most once a
    /// second. Returns the end of its silence if that hides lost events.
    pub fn report(&self, problem: Problem) -> Option<f64> {
        let problem = match self.admit(problem, clock::monotonic()) {
            Ok(problem) => problem,
            Err(silent_until) => return silent_until,
        };
        print(Level::Error, &problem.message);
        if let Some(on_error) = &self.on_error {
            let on_error = Rc::clone(on_error);
            executor::later(move || {
                // A failure of `on_error` is not reported.
                let _ = guard::run(|| on_error(&problem));
            });
        }
        None
    }

    /// Reports lost events. If that is silenced now, they are reported when the silence is
    /// over: the page may cause no further message that could report them.
    pub fn report_loss(&'static self, loss: Problem) {
        if let Some(until) = self.report(loss) {
            self.silence.set(until, move || {
                self.silence.fired();
                let mut at = 0;
                while let Some(silenced) = self.take_silenced(at) {
                    if let Some(loss) = silenced {
                        self.report_loss(loss);
                    }
                    at += 1;
                }
            });
        }
    }

    /// Warns the developer.
    pub fn warn(&self, message: &str) {
        let problem = Problem {
            code: "",
            message: message.to_owned(),
            dropped: 0,
        };
        if self.admit(problem, clock::monotonic()).is_ok() {
            print(Level::Warn, message);
        }
    }

    /// Adds the losses that were silenced before, if the message may be reported now.
    ///
    /// # Errors
    /// It is silenced, because it was just reported, or too many messages were. If losses
    /// are, the error is the time until which they are.
    fn admit(&self, mut problem: Problem, now: f64) -> Result<Problem, Option<f64>> {
        let mut wording = Vec::with_capacity(problem.message.len());
        for letter in problem.message.bytes() {
            if !letter.is_ascii_digit() {
                wording.push(letter);
            }
        }
        let mut reported = self.reported.borrow_mut();
        let at = match reported.iter().position(|it| it.wording == wording) {
            Some(at) => at,
            None => {
                if reported.len() >= MAX_REMEMBERED_MESSAGES
                    && reported.iter().all(|it| it.silenced.is_none())
                {
                    reported.clear();
                }
                reported.push(ReportedMessage {
                    wording,
                    at: -MESSAGE_SILENCE.0,
                    silenced: None,
                });
                reported.len() - 1
            }
        };
        let same = &mut reported[at];
        if let Some(silenced) = same.silenced.take() {
            problem.dropped += silenced.dropped;
        }
        let silent_from = if now - same.at < MESSAGE_SILENCE.0 {
            same.at
        } else if let Some(counted_from) = full_since(now) {
            counted_from
        } else {
            same.at = now;
            return Ok(problem);
        };
        if problem.dropped == 0 {
            return Err(None);
        }
        same.silenced = Some(problem);
        Err(Some(silent_from + MESSAGE_SILENCE.0))
    }

    /// The silenced losses of the message at a place in the list; `None` behind its end.
    fn take_silenced(&self, at: usize) -> Option<Option<Problem>> {
        let mut reported = self.reported.borrow_mut();
        Some(reported.get_mut(at)?.silenced.take())
    }
}

/// Counts one more message. If too many were reported since some time, returns that time.
fn full_since(now: f64) -> Option<f64> {
    let (mut from, mut count) = REPORTED.get();
    if now - from >= MESSAGE_SILENCE.0 {
        (from, count) = (now, 0);
    }
    let is_full = count >= MAX_REPORTED_MESSAGES;
    REPORTED.set((from, count + usize::from(!is_full)));
    is_full.then_some(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loss(message: &str, dropped: u32) -> Problem {
        Problem {
            code: "",
            message: message.to_owned(),
            dropped,
        }
    }

    /// The number of events to report with a message. If it is silenced, until when, where
    /// that hides losses.
    fn admitted(
        problems: &Problems,
        message: &str,
        dropped: u32,
        now: f64,
    ) -> Result<u32, Option<f64>> {
        problems
            .admit(loss(message, dropped), now)
            .map(|problem| problem.dropped)
    }

    fn silenced(problems: &Problems) -> Vec<Problem> {
        let all = (0..).map_while(|at| problems.take_silenced(at));
        all.flatten().collect()
    }

    #[test]
    fn the_same_message_is_reported_once_a_second_and_counts_the_unreported_losses() {
        let problems = Problems::default();
        let admitted = |message, dropped, now| admitted(&problems, message, dropped, now);
        assert_eq!(admitted("1 event was lost", 1, 0.0), Ok(1));
        assert_eq!(admitted("2 event was lost", 2, 1.0), Err(Some(1_000.0)));
        assert_eq!(admitted("something else", 0, 1.0), Ok(0));
        assert_eq!(admitted("something else", 0, 2.0), Err(None));
        assert_eq!(admitted("3 event was lost", 3, 999.0), Err(Some(1_000.0)));
        assert_eq!(admitted("4 event was lost", 4, 1_000.0), Ok(9));
        assert_eq!(admitted("1 event was lost", 1, 2_000.0), Ok(1));
    }

    #[test]
    fn losses_that_were_silenced_are_handed_out_once_each_with_its_message() {
        let problems = Problems::default();
        for (message, dropped) in [("1 a", 1), ("2 a", 2), ("1 b", 1), ("3 a", 3), ("4 b", 4)] {
            let _ = admitted(&problems, message, dropped, 0.0);
        }
        assert_eq!(silenced(&problems), [loss("3 a", 5), loss("4 b", 4)]);
        assert_eq!(silenced(&problems), []);
    }

    #[test]
    fn messages_are_forgotten_when_they_are_many_but_not_their_silenced_losses() {
        let problems = Problems::default();
        let _ = admitted(&problems, "lost", 1, 0.0);
        let _ = admitted(&problems, "lost", 2, 0.0);
        let many = || {
            // Digits do not distinguish messages.
            for at in 0..MAX_REMEMBERED_MESSAGES {
                let _ = admitted(&problems, &"x".repeat(at + 1), 0, 0.0);
            }
        };
        many();
        assert_eq!(silenced(&problems), [loss("lost", 2)]);
        let _ = admitted(&problems, "another", 0, 0.0);
        assert_eq!(problems.reported.borrow().len(), 1);
    }

    #[test]
    fn all_trackers_together_tell_no_more_a_second_than_they_may() {
        let count = |now: f64| {
            (0..1_000)
                .filter(|_| admitted(&Problems::default(), "no settings", 0, now).is_ok())
                .count()
        };
        assert_eq!([count(0.0), count(999.0), count(1_000.0)], [250, 0, 250]);
        let until = admitted(&Problems::default(), "one more", 1, 1_900.0);
        assert_eq!(until, Err(Some(2_000.0)));
    }
}
