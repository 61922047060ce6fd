//! Repeats the output of failed tests at the end: a run prints thousands of lines, and often
//! only the last ones are at hand.

/// Number of lines that are repeated for one failure.
const MOST: usize = 30;

/// The failures reported by runners with libtest's output format.
#[derive(Debug, Default)]
pub struct Failures {
    told: Vec<Vec<String>>,
    is_within: bool,
}

impl Failures {
    /// Reads the next line of a runner.
    pub fn read(&mut self, line: &str) {
        let line = line.trim_end();
        let is_head = line.starts_with("---- ") && line.ends_with(" ----");
        if is_head {
            self.told.push(Vec::new());
        }
        self.is_within = is_head || self.is_within && line != "failures:";
        if self.is_within
            && let Some(failure) = self.told.last_mut()
            && failure.len() < MOST
        {
            failure.push(line.to_owned());
        }
    }

    /// Adds the failures of another runner.
    pub fn add(&mut self, other: Failures) {
        self.told.extend(other.told);
    }

    /// All failures, in the order in which they were reported.
    pub fn text(&self) -> String {
        let failures = self.told.iter();
        let texts: Vec<_> = failures
            .map(|lines| lines.join("\n").trim_end().to_owned())
            .collect();
        texts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Failures {
        let mut failures = Failures::default();
        text.lines().for_each(|line| failures.read(line));
        failures
    }

    #[test]
    fn what_failed_tests_of_several_binaries_said_is_kept() {
        let failures = read(
            "\
running 2 tests
test a ... FAILED

failures:

---- a stdout ----
thread 'a' panicked
1 is not 2

failures:
    a

test result: FAILED. 0 passed; 1 failed
test b ... FAILED

failures:

---- b ----
no end after 90 s


failures:
    b
",
        );
        assert_eq!(
            failures.text().lines().collect::<Vec<_>>(),
            [
                "---- a stdout ----",
                "thread 'a' panicked",
                "1 is not 2",
                "",
                "---- b ----",
                "no end after 90 s"
            ]
        );
    }

    #[test]
    fn of_a_long_failure_the_beginning_is_kept() {
        let long = format!("---- a stdout ----\n{}", "more\n".repeat(1000));
        assert_eq!(read(&long).text().lines().count(), MOST);
    }
}
