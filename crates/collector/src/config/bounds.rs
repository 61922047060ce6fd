//! The bounds of settings that a number outside of them would turn against the operator.

use std::time::Duration;

/// A shorter time, such as 0, would drop events as soon as they arrive.
const MIN_KEEP: Duration = Duration::from_secs(1);

/// Events are of 2000 or later, so that everything is younger than this.
const MAX_KEEP: Duration = Duration::from_secs(1000 * 366 * 24 * 60 * 60);

/// An empty database has 230 KB, and the tables of the first month take 16 KB.
const MIN_DB_BYTES: u64 = 300_000;

/// SQLite and PostgreSQL count bytes in signed numbers.
const MAX_DB_BYTES: u64 = i64::MAX as u64;

/// Reads `--keep-raw`.
///
/// # Errors
/// The error says which durations make sense.
pub(super) fn keep_raw(text: &str) -> Result<humantime::Duration, String> {
    let keep: humantime::Duration = text
        .trim()
        .parse()
        .map_err(|cause| format!("{cause}; give a time with its unit, such as 400d"))?;
    if *keep < MIN_KEEP {
        return Err(
            "events would be dropped as soon as they arrive; keep them for at least 1s, such as 400d"
                .into(),
        );
    }
    if *keep > MAX_KEEP {
        return Err(
            "no event is older than 1000 years; leave it out to keep events for ever".into(),
        );
    }
    Ok(keep)
}

/// Reads `--max-db-bytes`.
///
/// # Errors
/// The error says which sizes make sense.
pub(super) fn max_db_bytes(text: &str) -> Result<u64, String> {
    let bytes = text.trim().parse().map_err(|_| {
        format!("give a whole number of bytes, at most {MAX_DB_BYTES}, such as 50000000000")
    })?;
    match bytes {
        0..MIN_DB_BYTES => Err(format!(
            "an empty database is larger; give at least {MIN_DB_BYTES} bytes, or leave it out for no limit"
        )),
        MIN_DB_BYTES..=MAX_DB_BYTES => Ok(bytes),
        _ => Err(format!(
            "no database can be as large; give at most {MAX_DB_BYTES} bytes, or leave it out for no limit"
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::Config;

    #[derive(Debug, Parser)]
    struct Flags {
        #[command(flatten)]
        config: Config,
    }

    fn refusal(flag: &str) -> Option<String> {
        let parsed = Flags::try_parse_from(["test", flag]);
        parsed.err().map(|error| error.to_string())
    }

    #[test]
    fn a_number_that_would_drop_or_refuse_every_event_is_refused_and_says_what_to_give() {
        for (flag, told) in [
            ("--keep-raw=0d", "at least 1s"),
            ("--keep-raw=0", "such as 400d"),
            ("--keep-raw=999ms", "at least 1s"),
            ("--keep-raw=1ns", "at least 1s"),
            ("--keep-raw=-1d", "such as 400d"),
            ("--keep-raw=400", "such as 400d"),
            ("--keep-raw=", "such as 400d"),
            ("--keep-raw=1000000y", "leave it out"),
            ("--keep-raw=99999999999999999999d", "such as 400d"),
            ("--max-db-bytes=0", "at least 300000"),
            ("--max-db-bytes=299999", "at least 300000"),
            ("--max-db-bytes=-1", "a whole number of bytes"),
            ("--max-db-bytes=50GB", "a whole number of bytes"),
            ("--max-db-bytes=9223372036854775808", "at most"),
            ("--max-db-bytes=18446744073709551616", "at most"),
            ("--rate-limit=-1", "0..=4294967295"),
        ] {
            let refused = refusal(flag).unwrap_or_else(|| panic!("{flag} is taken"));
            assert!(refused.contains(told), "{flag}: {refused}");
        }
    }

    #[test]
    fn a_number_within_the_bounds_is_taken() {
        for flag in [
            "--keep-raw=1s",
            "--keep-raw=400d",
            "--keep-raw=10years",
            "--max-db-bytes=300000",
            "--max-db-bytes=9223372036854775807",
            "--rate-limit=0",
            "--rate-limit=4294967295",
        ] {
            assert_eq!(refusal(flag), None, "{flag}");
        }
    }
}
