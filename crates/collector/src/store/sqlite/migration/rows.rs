//! Reads rows of tables for a migration.

use roaring::RoaringBitmap;
use rusqlite::{Connection, Row as SqliteRow};

use super::handing::failed;
use crate::store::migration::{Cell, Kind, MigrationError, Row, Table};

/// Passes on all rows of a table in the order in which they were created, at most `most` at a time.
pub(super) fn of_table(
    conn: &Connection,
    table: &Table,
    most: usize,
    take: &mut dyn FnMut(Vec<Row>) -> Result<(), MigrationError>,
) -> Result<(), MigrationError> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|(column, _)| expression(table.name, column))
        .collect();
    let sql = format!(
        "SELECT {} FROM {} ORDER BY 1, 2",
        columns.join(", "),
        table.name
    );
    let mut statement = conn.prepare(&sql).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let cells = table.columns.iter().enumerate();
        let cells: rusqlite::Result<Row> =
            cells.map(|(at, (_, kind))| cell(row, at, *kind)).collect();
        read.push(cells.map_err(failed)?);
        if read.len() >= most {
            take(std::mem::take(&mut read))?;
        }
    }
    if read.is_empty() {
        return Ok(());
    }
    take(read)
}

/// The SQL expression for a column of a migrated row.
fn expression(table: &str, column: &str) -> String {
    match (table, column) {
        ("accounts", "has_usage") => "EXISTS (SELECT 1 FROM usage_segments s
            WHERE s.account_no = accounts.no AND s.is_set_aside = 0)"
            .to_owned(),
        ("streams", "rejected_seqs") => {
            let mut none = Vec::new();
            RoaringBitmap::new()
                .serialize_into(&mut none)
                .expect("writing to memory does not fail");
            let none: String = none.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("IFNULL(rejected_seqs, x'{none}')")
        }
        _ => format!("\"{column}\""),
    }
}

/// The value of a row.
pub(super) fn cell(row: &SqliteRow<'_>, at: usize, kind: Kind) -> rusqlite::Result<Cell> {
    Ok(match kind {
        Kind::Flag => row.get::<_, Option<bool>>(at)?.map(Cell::Flag),
        Kind::Small => row.get::<_, Option<i32>>(at)?.map(Cell::Small),
        Kind::Number => row.get::<_, Option<i64>>(at)?.map(Cell::Number),
        Kind::Float => row.get::<_, Option<f64>>(at)?.map(Cell::Float),
        Kind::Text => row.get::<_, Option<String>>(at)?.map(Cell::Text),
        Kind::Bytes => row.get::<_, Option<Vec<u8>>>(at)?.map(Cell::Bytes),
    }
    .unwrap_or(Cell::Null))
}
