//! Quarters of an hour, for which usage is summed up.
//!
//! All time zones differ from UTC by multiples of a quarter of an hour, so the days of every
//! time zone consist of whole quarters.

/// A quarter of an hour in ms.
pub const QUARTER_MS: i64 = 900_000;

/// The quarter of an hour that contains a time, counted from the Unix epoch. A time out of
/// range is clamped.
pub fn quarter_at(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / QUARTER_MS).unwrap_or(u32::MAX)
}
