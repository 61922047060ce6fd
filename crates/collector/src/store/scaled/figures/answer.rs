//! Parses answers of ClickHouse.

use serde::Deserialize;
use serde_json::Value;

use crate::store::scaled::failure::{Failure, Result};

/// An answer in the format `JSONCompact`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Answer {
    /// Its rows.
    pub(super) data: Vec<Vec<Value>>,
    /// The row of totals, if the query has one.
    #[serde(default)]
    pub(super) totals: Option<Vec<Value>>,
}

impl Answer {
    pub(super) fn read(body: &[u8]) -> Result<Self> {
        serde_json::from_slice(body)
            .map_err(|cause| Failure::Clickhouse(format!("an answer that cannot be read: {cause}")))
    }
}

/// The cells of a row.
#[derive(Debug)]
pub(super) struct Cells<'a>(pub(super) &'a [Value]);

impl Cells<'_> {
    /// The raw value of a cell.
    pub(super) fn cell(&self, at: usize) -> Result<&Value> {
        let cell = self.0.get(at);
        cell.ok_or_else(|| Failure::Clickhouse("an answer with too few columns".to_owned()))
    }

    /// An integer.
    pub(super) fn number(&self, at: usize) -> Result<i64> {
        whole(self.cell(at)?)
    }

    /// Integers; `None` when the cell is not an array.
    pub(super) fn numbers(&self, at: usize) -> Result<Option<Vec<i64>>> {
        match self.cell(at)? {
            Value::Array(cells) => cells.iter().map(whole).collect::<Result<_>>().map(Some),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Object(_) => Ok(None),
        }
    }

    /// A float that is sent as a text.
    pub(super) fn float(&self, at: usize) -> Result<f64> {
        let cell = self.cell(at)?;
        let float = cell.as_str().and_then(|text| text.parse().ok());
        float.ok_or_else(|| Failure::Clickhouse(format!("{cell} is no number")))
    }
}

/// ClickHouse writes 64-bit numbers as texts.
fn whole(cell: &Value) -> Result<i64> {
    let number = match cell {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.ok_or_else(|| Failure::Clickhouse(format!("{cell} is no whole number")))
}
