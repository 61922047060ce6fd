//! Limits that both tracker and collector observe.

/// Longest account, user, module, product or feature id, in characters after trimming.
/// The shortest has one.
pub const MAX_ID_CHARS: usize = 256;

/// Largest `details` of one event, in bytes of JSON.
pub const MAX_DETAILS_BYTES: usize = 16 * 1024;

/// Longest address and title, in UTF-16 units. The tracker truncates longer ones.
pub const MAX_TEXT_UNITS: usize = 4096;

/// Largest body of one request to the Event API, in bytes as sent.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Largest body of one request to the Event API, in bytes after decompression.
pub const MAX_UNPACKED_BYTES: usize = 8 * 1024 * 1024;

/// Largest `total` of one event; the smallest is 0. No person uses a feature more often
/// between two events, and sums of such totals stay exact.
pub const MAX_TOTAL: f64 = 1_000_000.0;

/// Longest `time_spent` or `active_duration`, in ms: one day. No page is in use for
/// longer without a pause.
pub const MAX_DURATION_MS: i64 = 24 * 60 * 60 * 1000;

/// Earliest `created_at`, in ms since the Unix epoch: the year 2000. A clock that was
/// never set starts in 1970.
pub const MIN_CREATED_AT: i64 = 946_684_800_000;
