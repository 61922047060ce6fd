//! Figures as people read them.

use std::time::{Duration, UNIX_EPOCH};

/// Keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// A day in ms.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// `12,345`.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `12,345.5`: sums of what clients count need not be whole.
pub(super) fn sum(sum: f64) -> String {
    if !sum.is_finite() || sum.abs() >= 9e15 {
        return format!("{sum:e}");
    }
    let hundredths = (sum * 100.0).round() as i64;
    let whole = number(hundredths / 100);
    match hundredths.unsigned_abs() % 100 {
        0 => whole,
        rest if hundredths < 0 && hundredths > -100 => format!("−0.{rest:02}"),
        rest => format!("{whole}.{rest:02}"),
    }
}

/// `2 h 05 min`, `5 min 03 s`, `12 s`.
pub(super) fn duration(ms: i64) -> String {
    let seconds = (ms.max(0) + 500) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if ms <= 0 {
        format!("0{NBSP}s")
    } else if seconds == 0 {
        format!("<{NBSP}1{NBSP}s")
    } else if hours > 0 {
        format!("{}{NBSP}h{NBSP}{minutes:02}{NBSP}min", number(hours))
    } else if minutes > 0 {
        format!("{minutes}{NBSP}min{NBSP}{:02}{NBSP}s", seconds % 60)
    } else {
        format!("{seconds}{NBSP}s")
    }
}

/// `3 accounts`.
pub(super) fn count(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `12.5 %` of a whole; nothing of nothing is nothing.
pub(super) fn share(part: i64, whole: i64) -> String {
    if part == 0 || whole == 0 {
        return format!("0{NBSP}%");
    }
    let percent = part as f64 * 100.0 / whole as f64;
    if percent < 0.01 {
        format!("<{NBSP}0.01{NBSP}%")
    } else if percent < 1.0 {
        format!("{percent:.2}{NBSP}%")
    } else {
        format!("{percent:.1}{NBSP}%")
    }
}

/// `2024-05-01T09:30:00Z`, within the years that a calendar has.
pub(super) fn rfc3339(ms: i64) -> String {
    /// The end of the year 9999.
    const LAST_MS: i64 = 253_402_300_799_000;
    let since = Duration::from_millis(ms.clamp(0, LAST_MS) as u64);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

/// `2024-05-01`.
pub(super) fn iso_day(ms: i64) -> String {
    rfc3339(ms)[..10].to_owned()
}

/// The first ms of a day of UTC that is written as `2024-05-01`.
pub(super) fn parse_day(day: &str) -> Option<i64> {
    if day.len() != 10 {
        return None;
    }
    let time = humantime::parse_rfc3339(&format!("{day}T00:00:00Z")).ok()?;
    i64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// `1 May 2024`.
pub(super) fn day(ms: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let iso = iso_day(ms);
    let month: usize = iso[5..7].parse().unwrap_or(1);
    let day = iso[8..].trim_start_matches('0');
    format!("{day}{NBSP}{}{NBSP}{}", MONTHS[month - 1], &iso[..4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (given, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
            (-12_345, "−12,345"),
        ] {
            assert_eq!(number(given), text);
        }
        assert_eq!(sum(1234.5), "1,234.50");
        assert_eq!(sum(3.0), "3");
        assert_eq!(sum(-0.25), "−0.25");
        assert_eq!(count(1, "user", "users"), "1 user");
        assert_eq!(count(1200, "user", "users"), "1,200 users");
    }

    #[test]
    fn durations_have_two_units_at_most() {
        for (ms, text) in [
            (0, "0 s"),
            (499, "< 1 s"),
            (1500, "2 s"),
            (59_000, "59 s"),
            (303_000, "5 min 03 s"),
            (7_500_000, "2 h 05 min"),
            (4_500_000_000, "1,250 h 00 min"),
        ] {
            assert_eq!(duration(ms).replace(NBSP, " "), text);
        }
    }

    #[test]
    fn days_are_written_and_read_back() {
        assert_eq!(day(1_714_555_800_000).replace(NBSP, " "), "1 May 2024");
        assert_eq!(parse_day("2024-05-01"), Some(1_714_521_600_000));
        assert_eq!(iso_day(1_714_521_600_000), "2024-05-01");
        for wrong in [
            "2024-13-01",
            "2024-02-30",
            "1.5.2024",
            "",
            "1900-01-01",
            "2024-5-001",
        ] {
            assert_eq!(parse_day(wrong), None, "{wrong}");
        }
        assert_eq!(iso_day(i64::MAX), "9999-12-31");
    }

    #[test]
    fn shares_never_round_to_none_or_all() {
        assert_eq!(share(0, 10).replace(NBSP, " "), "0 %");
        assert_eq!(share(1, 1_000_000).replace(NBSP, " "), "< 0.01 %");
        assert_eq!(share(1, 8).replace(NBSP, " "), "12.5 %");
    }
}
