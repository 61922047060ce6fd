//! Descriptions of valid values, as both hosts write them in the messages of refusals.

/// A valid id.
pub const ID: &str = "a string of 1 to 256 characters";
/// A valid endpoint.
pub const ENDPOINT: &str = "an http: or https: URL, or a path of this origin";
/// Any other valid address.
pub const ADDRESS: &str = "an http: or https: URL";
/// A valid time span, count or size.
pub const POSITIVE: &str = "a number above 0";
/// A valid part of a name.
pub const TOKEN: &str = "a string of letters, digits, '.', '-' and '_'";
/// A setting that is on or off.
pub const FLAG: &str = "true or false";
/// A setting that the tracker calls.
pub const FUNCTION: &str = "a function";
/// A valid time measured by the caller.
pub const SPAN: &str = "a number of ms, 0 or more";
/// A valid total of a feature event.
pub const NUMBER: &str = "a finite number";
/// Any text.
pub const TEXT: &str = "a string";
/// Valid options and settings.
pub const PLAIN: &str = "a plain object";
/// Valid details, where the given ones are too large.
pub const DETAILS: &str = "a plain object of at most 16 KiB as JSON";

#[cfg(test)]
mod tests {
    use natero_event::limits;

    use super::*;

    #[test]
    fn limits_are_described_as_they_are_checked() {
        assert!(ID.contains(&limits::MAX_ID_CHARS.to_string()));
        assert!(DETAILS.contains(&format!("{} KiB", limits::MAX_DETAILS_BYTES / 1024)));
    }
}
