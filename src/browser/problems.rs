//! What the developer and `on_error` are told, without a flood.

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

/// The same message is given once in this time at most, in ms: what the page does
/// about one may lead to the next.
const SILENCE: f64 = 1_000.0;

/// So many different messages are remembered.
const REMEMBERED: usize = 100;

/// So many messages are told in that time, of all trackers together: what the page does
/// about one may be to make another tracker, which has the same to say.
const MOST_TOLD: u32 = 250;

thread_local! {
    /// Since when messages are counted, and how many were told since.
    static TOLD: Cell<(f64, u32)> = const { Cell::new((-SILENCE, 0)) };
}

/// Is told of problems.
pub(crate) type OnError = Rc<dyn Fn(&Problem)>;

/// Tells of problems.
#[derive(Default)]
pub(crate) struct Problems {
    on_error: Option<OnError>,
    said: RefCell<Vec<Said>>,
}

struct Said {
    /// The bytes of the message without its digits: with others it is the same.
    wording: Vec<u8>,
    at: f64,
    /// Lost events that it was not said of since.
    dropped: u32,
}

impl Problems {
    pub fn new(on_error: Option<OnError>) -> Problems {
        Problems {
            on_error,
            said: RefCell::default(),
        }
    }

    /// Prints a problem, and tells `on_error` when what goes on now is done: that may
    /// do anything, even call the tracker.
    pub fn tell(&self, mut problem: Problem) {
        let Some(dropped) = self.may_say(&problem.message, problem.dropped, clock::monotonic())
        else {
            return;
        };
        problem.dropped = dropped;
        print(Level::Error, &problem.message);
        if let Some(on_error) = &self.on_error {
            let on_error = Rc::clone(on_error);
            executor::later(move || {
                // What it makes of its own failure is its own business.
                let _ = guard::run(|| on_error(&problem));
            });
        }
    }

    /// Warns the developer.
    pub fn warn(&self, message: &str) {
        if self.may_say(message, 0, clock::monotonic()).is_some() {
            print(Level::Warn, message);
        }
    }

    /// The events that a message is said of now; none where it was said just before, or
    /// too much was said.
    fn may_say(&self, message: &str, dropped: u32, now: f64) -> Option<u32> {
        let mut wording = Vec::with_capacity(message.len());
        for letter in message.bytes() {
            if !letter.is_ascii_digit() {
                wording.push(letter);
            }
        }
        let mut said = self.said.borrow_mut();
        let at = match said.iter().position(|it| it.wording == wording) {
            Some(at) => at,
            None => {
                if said.len() == REMEMBERED {
                    said.clear();
                }
                said.push(Said {
                    wording,
                    at: -SILENCE,
                    dropped: 0,
                });
                said.len() - 1
            }
        };
        let same = &mut said[at];
        same.dropped += dropped;
        if now - same.at < SILENCE || !is_within_bounds(now) {
            return None;
        }
        same.at = now;
        Some(std::mem::take(&mut same.dropped))
    }
}

/// Whether one message more may be told, which is counted.
fn is_within_bounds(now: f64) -> bool {
    let (mut from, mut told) = TOLD.get();
    if now - from >= SILENCE {
        (from, told) = (now, 0);
    }
    let may = told < MOST_TOLD;
    TOLD.set((from, told + u32::from(may)));
    may
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_message_is_said_once_a_second_and_counts_what_it_was_not_said_of() {
        let problems = Problems::default();
        assert_eq!(problems.may_say("1 event was lost", 1, 0.0), Some(1));
        assert_eq!(problems.may_say("2 event was lost", 2, 1.0), None);
        assert_eq!(problems.may_say("something else", 0, 1.0), Some(0));
        assert_eq!(problems.may_say("3 event was lost", 3, 999.0), None);
        assert_eq!(problems.may_say("4 event was lost", 4, 1_000.0), Some(9));
        assert_eq!(problems.may_say("1 event was lost", 1, 2_000.0), Some(1));
    }

    #[test]
    fn all_trackers_together_tell_no_more_a_second_than_they_may() {
        let told = |now: f64| {
            (0..1_000)
                .filter(|_| Problems::default().may_say("no settings", 0, now).is_some())
                .count()
        };
        assert_eq!([told(0.0), told(999.0), told(1_000.0)], [250, 0, 250]);
    }
}
