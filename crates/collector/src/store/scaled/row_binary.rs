//! Encodes rows in ClickHouse's `RowBinary` format.

/// Encoded rows. Values are appended one by one.
#[derive(Debug, Clone, Default)]
pub(super) struct RowBinary(Vec<u8>);

impl RowBinary {
    /// A `String`.
    pub(super) fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    /// A `String` that holds arbitrary bytes.
    pub(super) fn blob(&mut self, bytes: &[u8]) {
        let mut length = bytes.len();
        // LEB128: seven bits per byte, the lowest first.
        while length >= 0x80 {
            self.0.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.0.push(length as u8);
        self.0.extend_from_slice(bytes);
    }

    /// A `Nullable(String)`.
    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.0.push(u8::from(text.is_none()));
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A `FixedString` of the same length.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// A `UInt8`.
    pub(super) fn flag(&mut self, flag: bool) {
        self.0.push(flag.into());
    }

    /// A `UInt32`.
    pub(super) fn small(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A `UInt64`.
    pub(super) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// An `Int64`.
    pub(super) fn signed(&mut self, number: i64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A `Float64`.
    pub(super) fn float(&mut self, number: f64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// The rows.
    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::RowBinary;

    #[test]
    fn the_length_of_a_text_takes_seven_bits_a_byte() {
        let mut rows = RowBinary::default();
        rows.text("ab");
        rows.optional(None);
        rows.optional(Some(""));
        rows.text(&"x".repeat(300));
        let bytes = rows.finish();
        assert_eq!(bytes[..6], [2, b'a', b'b', 1, 0, 0]);
        assert_eq!(bytes[6..9], [0xac, 0x02, b'x']);
        assert_eq!(bytes.len(), 8 + 300);
    }
}
