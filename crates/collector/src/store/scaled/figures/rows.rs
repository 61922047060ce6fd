//! Decodes answers of ClickHouse in the `RowBinary` format.

use crate::store::{
    scaled::failure::{Failure, Result},
    sums::Sums,
    usage::Totals,
};

/// The rows of an answer, read value by value. The caller must know the types of the columns.
#[derive(Debug)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    at: usize,
}

impl Rows {
    /// The rows of an answer.
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        Rows { bytes, at: 0 }
    }

    /// Whether there is another row.
    pub(super) fn has_more(&self) -> bool {
        self.at < self.bytes.len()
    }

    fn take(&mut self, length: usize) -> Result<&[u8]> {
        let end = self.at.checked_add(length);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        self.at = self.at.saturating_add(length);
        taken.ok_or_else(|| Failure::Clickhouse("an answer that ends too early".to_owned()))
    }

    /// Reads a `FixedString`.
    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N)?);
        Ok(bytes)
    }

    /// Reads a `UInt8` as a boolean.
    pub(super) fn flag(&mut self) -> Result<bool> {
        Ok(self.bytes::<1>()? != [0])
    }

    /// Reads a `UInt8` as a number.
    pub(super) fn tiny(&mut self) -> Result<u8> {
        Ok(self.bytes::<1>()?[0])
    }

    /// Reads a `UInt32`.
    pub(super) fn small(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.bytes()?))
    }

    /// Reads a `UInt64`.
    pub(super) fn number(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.bytes()?))
    }

    /// Reads a `UInt64` that is a count.
    pub(super) fn count(&mut self) -> Result<i64> {
        Ok(i64::try_from(self.number()?).unwrap_or(i64::MAX))
    }

    /// Reads an `Int64`.
    pub(super) fn signed(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.bytes()?))
    }

    /// Reads a `Float64`.
    pub(super) fn float(&mut self) -> Result<f64> {
        Ok(f64::from_le_bytes(self.bytes()?))
    }

    /// Reads a length in LEB128: seven bits per byte, the lowest first.
    fn length(&mut self) -> Result<usize> {
        let (mut length, mut shift) = (0_usize, 0);
        loop {
            let byte = self.tiny()?;
            length |= usize::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(length);
            }
            shift += 7;
        }
    }

    /// Reads a `String`.
    pub(super) fn text(&mut self) -> Result<String> {
        let length = self.length()?;
        let text = self.take(length)?;
        Ok(String::from_utf8_lossy(text).into_owned())
    }

    /// Reads a `Nullable(String)`.
    pub(super) fn optional(&mut self) -> Result<Option<String>> {
        if self.flag()? {
            return Ok(None);
        }
        self.text().map(Some)
    }

    /// Reads an `Array(UInt32)`.
    pub(super) fn smalls(&mut self) -> Result<Vec<u32>> {
        let length = self.length()?;
        (0..length).map(|_| self.small()).collect()
    }

    /// Reads a boolean and a `UInt32`; `None` when the boolean is false, as the number is then
    /// meaningless.
    pub(super) fn if_any(&mut self) -> Result<Option<u32>> {
        let (is_any, value) = (self.flag()?, self.small()?);
        Ok(is_any.then_some(value))
    }

    /// Reads the figures of [`sums`](super::reading::sums).
    pub(super) fn sums(&mut self) -> Result<Sums> {
        Ok(Sums {
            events: self.number()?,
            features: self.float()?,
            module_time: self.number()?,
            active_time: self.number()?,
        })
    }

    /// Reads the figures of [`totals`](super::reading::totals).
    pub(super) fn totals(&mut self) -> Result<Totals> {
        let whole = |sum: u64| i64::try_from(sum).unwrap_or(i64::MAX);
        let sums = self.sums()?;
        Ok(Totals {
            events: whole(sums.events),
            features: sums.features,
            module_time: whole(sums.module_time),
            active_time: whole(sums.active_time),
            sessions: self.count()?,
            users: self.count()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::scaled::row_binary::RowBinary;

    #[test]
    fn what_is_written_is_read() {
        let long = "ü".repeat(200);
        let mut written = RowBinary::default();
        written.text(&long);
        written.optional(None);
        written.optional(Some("x"));
        written.flag(true);
        written.small(7);
        written.signed(-8);
        written.float(0.5);
        let mut rows = Rows::of(written.finish());
        assert_eq!(rows.text().unwrap(), long);
        assert_eq!(rows.optional().unwrap(), None);
        assert_eq!(rows.optional().unwrap().as_deref(), Some("x"));
        assert_eq!(rows.if_any().unwrap(), Some(7));
        assert_eq!(rows.signed().unwrap(), -8);
        assert_eq!(rows.float().unwrap(), 0.5);
        assert!(!rows.has_more());
        assert!(rows.tiny().is_err(), "nothing is left");
    }
}
