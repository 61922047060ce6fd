//! Bounds that both ends keep to.

/// Longest account, user, module, product or feature id, in characters once
/// trimmed. The shortest is one.
pub const MAX_ID_CHARS: usize = 256;

/// Largest `details` of one event, in bytes of JSON.
pub const MAX_DETAILS_BYTES: usize = 16 * 1024;

/// Largest body of one request to the Event API, in bytes as sent.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Largest body of one request to the Event API, in bytes once unpacked.
pub const MAX_UNPACKED_BYTES: usize = 8 * 1024 * 1024;
