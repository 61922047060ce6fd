//! LEB128: numbers of one to ten bytes, the lowest bits first.

/// The error for a blob that the collector cannot have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stored usage is damaged; `natero-collector rebuild` makes it anew from the events")]
pub struct DamagedBlob;

/// Appends a number.
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads numbers that [`put`] has written.
pub(super) struct Reader<'a> {
    data: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Reader { data }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The next byte; `None` at the end.
    #[inline(always)]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.data.split_first()?;
        self.data = rest;
        Some(*byte)
    }

    #[inline(always)]
    pub(super) fn number(&mut self) -> Result<u64, DamagedBlob> {
        // Most numbers have one byte, and row numbers up to three. Handling these cases separately
        // is twice as fast as the loop.
        match *self.data {
            [a, ref rest @ ..] if a < 0x80 => {
                self.data = rest;
                Ok(u64::from(a))
            }
            [a, b, ref rest @ ..] if b < 0x80 => {
                self.data = rest;
                Ok(u64::from(a & 0x7f) | u64::from(b) << 7)
            }
            [a, b, c, ref rest @ ..] if c < 0x80 => {
                self.data = rest;
                Ok(u64::from(a & 0x7f) | u64::from(b & 0x7f) << 7 | u64::from(c) << 14)
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, DamagedBlob> {
        let mut number = 0;
        for (at, byte) in self.data.iter().take(10).enumerate() {
            number |= u64::from(byte & 0x7f) << (7 * at);
            if *byte < 0x80 {
                self.data = &self.data[at + 1..];
                return Ok(number);
            }
        }
        Err(DamagedBlob)
    }

    #[inline(always)]
    pub(super) fn number32(&mut self) -> Result<u32, DamagedBlob> {
        u32::try_from(self.number()?).map_err(|_| DamagedBlob)
    }

    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DamagedBlob> {
        let (bytes, rest) = self.data.split_at_checked(length).ok_or(DamagedBlob)?;
        self.data = rest;
        Ok(bytes)
    }
}
