//! Quarters of an hour, in which usage is summed up.
//!
//! Clocks all over the world differ from UTC by quarters of an hour, so that days of
//! every time zone are whole quarters.

/// A quarter of an hour in ms.
pub const QUARTER_MS: i64 = 900_000;

/// The quarter of an hour in which a time lies, counted from the Unix epoch. A
/// time out of range is moved to its end.
pub fn quarter_at(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / QUARTER_MS).unwrap_or(u32::MAX)
}
