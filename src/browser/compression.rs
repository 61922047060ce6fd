//! Decides whether bodies are sent compressed. A compressed body needs a preflight
//! request, and a proxy or firewall may refuse it, or fail on it with any status.

use std::cell::Cell;

use natero_engine::host_constants::MAX_COMPRESSED_FAILURES;

/// How to send a body that may be compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Compressed,
    Plain,
    /// Uncompressed, to see whether that succeeds.
    Trial,
}

/// What a tracker has learned about compressed bodies.
#[derive(Debug, Default)]
pub(crate) struct Compression {
    /// They are refused, or compression in the browser never finishes.
    failed: Cell<bool>,
    /// How many compressed bodies in a row failed, counting the first trial.
    failures: Cell<usize>,
}

/// The number of failures before the first trial.
const FIRST_TRIAL: usize = MAX_COMPRESSED_FAILURES;

/// If the first trial succeeded and one more compressed body failed, there is a second
/// trial. If it succeeds, all later bodies are sent uncompressed.
const SECOND_TRIAL: usize = FIRST_TRIAL + 2;

impl Compression {
    /// How to send the next body.
    pub fn next(&self) -> Form {
        match self.failures.get() {
            _ if self.failed.get() => Form::Plain,
            FIRST_TRIAL | SECOND_TRIAL => Form::Trial,
            _ => Form::Compressed,
        }
    }

    /// Sends uncompressed bodies from now on.
    pub fn give_up(&self) {
        self.failed.set(true);
    }

    /// Allows compressed bodies again.
    pub fn allow(&self) {
        self.failed.set(false);
    }

    /// Notes whether a compressed body succeeded.
    pub fn count_result(&self, is_success: bool) {
        let failures = self.failures.get();
        self.failures.set(if is_success { 0 } else { failures + 1 });
    }

    /// Notes whether a trial succeeded.
    pub fn count_trial(&self, is_success: bool) {
        let failures = self.failures.get();
        if !is_success {
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

    /// How bodies are sent to a server that takes these forms.
    fn forms(is_success: impl Fn(usize, Form) -> bool) -> String {
        let compression = Compression::default();
        (0..12)
            .map(|number| {
                let form = compression.next();
                match form {
                    Form::Compressed => compression.count_result(is_success(number, form)),
                    Form::Trial => compression.count_trial(is_success(number, form)),
                    Form::Plain => {}
                }
                match form {
                    Form::Compressed => 'z',
                    Form::Trial => 't',
                    Form::Plain => '.',
                }
            })
            .collect()
    }

    #[test]
    fn where_packed_bodies_alone_fail_they_go_as_they_are_from_the_second_trial_on() {
        assert_eq!(forms(|_, form| form != Form::Compressed), "zzztzt......");
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
