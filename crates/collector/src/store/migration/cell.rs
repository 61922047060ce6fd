//! A value of a row.

use sha2::{Digest, Sha256};

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Null,
    /// A boolean.
    Flag(bool),
    /// A 32-bit integer.
    Small(i32),
    /// A 64-bit integer.
    Number(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Cell {
    /// Adds the value to a hash in a form that makes the hashes of different rows different.
    pub fn add_to(&self, hash: &mut Sha256) {
        let mut add = |kind: u8, value: &[u8]| {
            hash.update([kind]);
            hash.update((value.len() as u64).to_be_bytes());
            hash.update(value);
        };
        match self {
            Cell::Null => add(0, &[]),
            Cell::Flag(value) => add(1, &[u8::from(*value)]),
            Cell::Small(value) => add(2, &value.to_be_bytes()),
            Cell::Number(value) => add(3, &value.to_be_bytes()),
            Cell::Float(value) => add(4, &value.to_be_bytes()),
            Cell::Text(value) => add(5, value.as_bytes()),
            Cell::Bytes(value) => add(6, value),
        }
    }

    /// A text, or null.
    pub fn text(text: Option<String>) -> Self {
        text.map_or(Cell::Null, Cell::Text)
    }
}

/// The values of a row, in the order of the columns of its table.
pub type Row = Vec<Cell>;
