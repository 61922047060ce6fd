//! Counts tests from the output of test runners.

use std::process::Command;
use std::thread;

use anyhow::{Result, ensure};

use super::Bench;
use super::failures::Failures;
use crate::command::{tee, tee_beside};

/// Number of tests or checks that passed, failed, and were not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Count {
    /// A check that counts as one test.
    pub fn one(passed: bool) -> Self {
        Self {
            passed: passed.into(),
            failed: (!passed).into(),
            skipped: 0,
        }
    }

    /// A check that cannot be made here.
    pub fn skipped() -> Self {
        Self {
            skipped: 1,
            ..Self::default()
        }
    }

    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Returns itself, unless nothing was run.
    ///
    /// # Errors
    /// When no test was run, which means that the search for tests is wrong.
    pub fn of_some(self) -> Result<Self> {
        ensure!(self.passed + self.failed > 0, "it ran no test");
        Ok(self)
    }

    /// Combines a runner's own count with its exit status: a runner that failed without
    /// counting a failure counts as one failure, because it did not run to its end.
    pub fn with_end(mut self, succeeded: bool) -> Self {
        if !succeeded && self.failed == 0 {
            self.failed = 1;
        }
        self
    }
}

/// Runs tests with output in libtest's format, counts them, and remembers the failed ones.
///
/// # Errors
/// When they cannot be started.
pub fn counted(bench: &Bench, command: &mut Command) -> Result<Count> {
    let mut reader = Reader::default();
    let succeeded = tee(command, |line| reader.read(line))?;
    Ok(reader.end(bench, succeeded))
}

/// As [`counted`], for several commands at the same time, each with a label for its output
/// lines. Tests that wait for browsers leave most of a machine idle.
///
/// # Errors
/// When a command cannot be started. The others are completed first.
pub fn counted_beside(bench: &Bench, commands: Vec<(String, Command)>) -> Result<Count> {
    let ends: Vec<Result<_>> = thread::scope(|scope| {
        let threads: Vec<_> = commands
            .into_iter()
            .map(|(label, mut command)| {
                scope.spawn(move || {
                    let mut reader = Reader::default();
                    let succeeded = tee_beside(&label, &mut command, |line| reader.read(line))?;
                    Ok((reader, succeeded))
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("reading lines does not panic"))
            .collect()
    });
    let mut total = Count::default();
    for end in ends {
        let (reader, succeeded) = end?;
        total.add(reader.end(bench, succeeded));
    }
    Ok(total)
}

/// Reads the output of a runner, line by line.
#[derive(Default)]
struct Reader {
    count: Count,
    failures: Failures,
}

impl Reader {
    fn read(&mut self, line: &str) {
        self.count.add(libtest(line));
        self.failures.read(line);
    }

    fn end(self, bench: &Bench, succeeded: bool) -> Count {
        bench.failures.borrow_mut().add(self.failures);
        self.count.with_end(succeeded)
    }
}

/// The count in a summary line of libtest, or of a runner with the same format: there is one
/// for each test binary.
fn libtest(line: &str) -> Count {
    let Some((_, result)) = line.split_once("test result: ") else {
        return Count::default();
    };
    let number = |word: &str| {
        result
            .split(['.', ';'])
            .filter_map(|part| part.trim().strip_suffix(word))
            .find_map(|number| number.trim().parse().ok())
    };
    match (number("passed"), number("failed"), number("ignored")) {
        (Some(passed), Some(failed), Some(skipped)) => Count {
            passed,
            failed,
            skipped,
        },
        _ => Count::default(),
    }
}

/// The count in a summary line of Node's test runner: `ℹ pass 3`, or `# pass 3` in its other
/// format. A cancelled test counts as failed, a todo as skipped.
pub fn node(line: &str) -> Count {
    let mut words = line.split_whitespace();
    let (Some("ℹ" | "#"), Some(what), Some(number), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Count::default();
    };
    let number = number.parse().unwrap_or(0);
    let mut count = Count::default();
    match what {
        "pass" => count.passed = number,
        "fail" | "cancelled" => count.failed = number,
        "skipped" | "todo" => count.skipped = number,
        _ => {}
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(passed: u64, failed: u64, skipped: u64) -> Count {
        Count {
            passed,
            failed,
            skipped,
        }
    }

    fn sum(text: &str, read: fn(&str) -> Count) -> Count {
        let mut sum = Count::default();
        text.lines().for_each(|line| sum.add(read(line)));
        sum
    }

    #[test]
    fn the_results_of_all_test_binaries_add_up() {
        let text = "\
running 2 tests
test a ... ok
test b ... FAILED
test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s

   Doc-tests natero_event
test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 1.20s
";
        assert_eq!(sum(text, libtest), count(13, 1, 1));
    }

    #[test]
    fn a_result_written_by_the_browser_runner_counts_as_well() {
        let line =
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 filtered out; finished in 0.03s";
        assert_eq!(libtest(line), count(4, 0, 0));
    }

    #[test]
    fn a_test_named_like_a_result_is_none() {
        assert_eq!(libtest("test result_says_3_passed ... ok"), count(0, 0, 0));
        assert_eq!(libtest("note: test result: unknown"), count(0, 0, 0));
    }

    #[test]
    fn node_counts_in_both_of_its_formats() {
        let text =
            "ℹ tests 5\nℹ suites 0\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 4\nℹ todo 1\n";
        assert_eq!(sum(text, node), count(3, 2, 5));
        assert_eq!(
            sum("# pass 2\n# fail 0\n# pass the salt\n", node),
            count(2, 0, 0)
        );
    }

    #[test]
    fn a_suite_of_which_all_is_skipped_ran_no_test() {
        assert!(count(0, 0, 3).of_some().is_err());
        assert!(count(1, 0, 3).of_some().is_ok());
    }

    #[test]
    fn a_runner_that_ends_badly_has_failed_even_if_it_counted_none() {
        assert_eq!(count(7, 0, 0).with_end(false), count(7, 1, 0));
        assert_eq!(count(7, 2, 0).with_end(false), count(7, 2, 0));
        assert_eq!(count(7, 0, 0).with_end(true), count(7, 0, 0));
    }
}
