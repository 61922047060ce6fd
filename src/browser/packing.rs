//! Whether bodies go compressed. A compressed body makes browsers ask first, and what is
//! in between may refuse it, or fail of it and say anything.

use std::cell::Cell;

/// How a body goes that may be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Packed,
    Plain,
    /// As it is, to see whether that is taken.
    Trial,
}

/// What a tracker knows of compressed bodies.
#[derive(Debug, Default)]
pub(crate) struct Packing {
    /// They are refused, or the browser does not come to an end with one.
    failed: Cell<bool>,
    /// Those in a row that a server has answered with a failure, and the first trial.
    failures: Cell<u32>,
}

/// The body after so many failures goes as it is.
const FIRST_TRIAL: u32 = 3;

/// Where that was taken and one more compressed body was not, the bodies go on as they
/// are.
const SECOND_TRIAL: u32 = FIRST_TRIAL + 2;

impl Packing {
    /// How the next body goes.
    pub fn next(&self) -> Form {
        match self.failures.get() {
            _ if self.failed.get() => Form::Plain,
            FIRST_TRIAL | SECOND_TRIAL => Form::Trial,
            _ => Form::Packed,
        }
    }

    /// Bodies go as they are from now on.
    pub fn give_up(&self) {
        self.failed.set(true);
    }

    /// Bodies may be compressed, after all.
    pub fn go_on(&self) {
        self.failed.set(false);
    }

    /// Notes how a server answered a compressed body.
    pub fn answered(&self, is_taken: bool) {
        let failures = self.failures.get();
        self.failures.set(if is_taken { 0 } else { failures + 1 });
    }

    /// Notes how a server answered a trial.
    pub fn tried(&self, is_taken: bool) {
        let failures = self.failures.get();
        if !is_taken {
            self.failures.set(0);
        } else if failures == FIRST_TRIAL {
            self.failures.set(failures + 1);
        } else {
            self.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How bodies go to a server that takes those of these forms.
    fn forms(is_taken: impl Fn(usize, Form) -> bool) -> String {
        let packing = Packing::default();
        (0..12)
            .map(|number| {
                let form = packing.next();
                match form {
                    Form::Packed => packing.answered(is_taken(number, form)),
                    Form::Trial => packing.tried(is_taken(number, form)),
                    Form::Plain => {}
                }
                match form {
                    Form::Packed => 'z',
                    Form::Trial => 't',
                    Form::Plain => '.',
                }
            })
            .collect()
    }

    #[test]
    fn where_packed_bodies_alone_fail_they_go_as_they_are_from_the_second_trial_on() {
        assert_eq!(forms(|_, form| form != Form::Packed), "zzztzt......");
    }

    #[test]
    fn a_server_that_fails_for_long_is_no_reason_to_send_bodies_as_they_are() {
        assert_eq!(forms(|number, _| number >= 6), "zzztzzzzzzzz");
        assert_eq!(forms(|_, _| false), "zzztzzztzzzt");
    }

    #[test]
    fn one_failure_now_and_then_tries_nothing() {
        assert_eq!(forms(|number, _| number % 3 == 0), "zzzzzzzzzzzz");
    }
}
