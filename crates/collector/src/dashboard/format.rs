//! Writes figures for people.

use std::time::{Duration, UNIX_EPOCH};

use crate::model::{
    calendar::{Day, TimeZone},
    rounding::rounded,
};

/// A no-break space, which keeps a number and its unit on one line.
const NBSP: char = '\u{a0}';

/// `12,345`.
pub(crate) fn number(number: i64) -> String {
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

/// `12,345.50`: clients may count fractions.
pub(crate) fn sum(sum: f64) -> String {
    if !sum.is_finite() || sum.abs() >= 9e15 {
        return format!("{sum:e}");
    }
    // Rounded first, so that the floating-point error of a sum does not decide between two
    // hundredths.
    let hundredths = (rounded(sum) * 100.0).round() as i64;
    let whole = number(hundredths / 100);
    match hundredths.unsigned_abs() % 100 {
        0 => whole,
        rest if hundredths < 0 && hundredths > -100 => format!("−0.{rest:02}"),
        rest => format!("{whole}.{rest:02}"),
    }
}

/// `2 h 05 min`, `5 min 03 s`, `12 s`.
pub(crate) fn duration(ms: i64) -> String {
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

/// `3 accounts`: a number with its noun.
pub(crate) fn count(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `Product line`: a text as the beginning of a label.
pub(crate) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next();
    let first = first.into_iter().flat_map(char::to_uppercase);
    first.chain(rest).collect()
}

/// `12.5 %`: a share of a whole; 0 when the whole is 0.
pub(crate) fn share(part: i64, whole: i64) -> String {
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

/// `2024-05-01T09:30:00Z`, for years up to 9999.
pub(crate) fn rfc3339(ms: i64) -> String {
    /// End of the year 9999, the last that RFC 3339 can write.
    const LAST_MS: i64 = 253_402_300_799_000;
    let since = Duration::from_millis(ms.clamp(0, LAST_MS) as u64);
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since).to_string()
}

/// `1 May 2024`: the day of a date that was given without a time, and is stored as the first
/// ms of that day in UTC.
pub(crate) fn day(ms: i64) -> String {
    date(TimeZone::UTC.day_at(ms))
}

/// `1 May 2024`.
pub(crate) fn date(day: Day) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let iso = day.to_string();
    let month: usize = iso[5..7].parse().unwrap_or(1);
    let day = iso[8..].trim_start_matches('0');
    // The year may wrap to the next line.
    format!("{day}{NBSP}{} {}", MONTHS[month - 1], &iso[..4])
}

/// `1 May 2024, 09:30`.
pub(crate) fn moment(ms: i64, time_zone: &TimeZone) -> String {
    let time = time_zone.time_at(ms);
    format!("{},{NBSP}{}", date(time_zone.day_at(ms)), &time[..5])
}

/// `1 May`.
pub(crate) fn short_day(day: Day) -> String {
    let day = date(day);
    let year = day.rfind(' ').unwrap_or(day.len());
    day[..year].to_owned()
}

/// `1 May` in the year of `today`, and `1 May 2024` in another one.
pub(crate) fn near_date(day: Day, today: Day) -> String {
    if day.to_string()[..4] == today.to_string()[..4] {
        short_day(day)
    } else {
        date(day)
    }
}

/// `Wed, 1 May 2024`.
pub(crate) fn weekday_and_day(day: Day) -> String {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    // Day 0 was a Thursday.
    let weekday = (day.number() + 3).rem_euclid(7) as usize;
    format!("{}, {}", WEEKDAYS[weekday], date(day))
}

/// `2 h`, `90 min`, `30 s`: a round duration in one unit.
pub(crate) fn round_duration(ms: i64) -> String {
    let (number, unit) = match ms {
        ms if ms % 3_600_000 == 0 => (ms / 3_600_000, "h"),
        ms if ms % 60_000 == 0 => (ms / 60_000, "min"),
        ms => (ms / 1000, "s"),
    };
    format!("{}{NBSP}{unit}", self::number(number))
}

/// `12.5 %`, of a share from 0 to 1.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.1}{NBSP}%", share * 100.0)
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
    fn days_are_written_in_words() {
        assert_eq!(day(1_714_555_800_000).replace(NBSP, " "), "1 May 2024");
        let last = "2024-12-31".parse().unwrap();
        assert_eq!(date(last).replace(NBSP, " "), "31 Dec 2024");
        assert_eq!(rfc3339(i64::MAX), "9999-12-31T23:59:59Z");
    }

    #[test]
    fn days_have_weekdays_and_short_forms() {
        let may: Day = "2024-05-01".parse().unwrap();
        assert_eq!(weekday_and_day(may).replace(NBSP, " "), "Wed, 1 May 2024");
        assert_eq!(short_day(may).replace(NBSP, " "), "1 May");
        for (today, text) in [("2024-12-31", "1 May"), ("2025-01-01", "1 May 2024")] {
            let near = near_date(may, today.parse().unwrap());
            assert_eq!(near.replace(NBSP, " "), text, "{today}");
        }
        let morning = moment(1_714_555_800_000, &TimeZone::UTC);
        assert_eq!(morning.replace(NBSP, " "), "1 May 2024, 09:30");
    }

    #[test]
    fn a_small_share_is_not_rounded_to_zero() {
        assert_eq!(share(0, 10).replace(NBSP, " "), "0 %");
        assert_eq!(share(1, 1_000_000).replace(NBSP, " "), "< 0.01 %");
        assert_eq!(share(1, 8).replace(NBSP, " "), "12.5 %");
    }
}
