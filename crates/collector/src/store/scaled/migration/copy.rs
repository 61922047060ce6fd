//! Copies rows into a table.

use std::pin::{Pin, pin};

use hyper::body::Bytes;
use tokio_postgres::{
    CopyInSink,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use crate::{
    model::nul::without_nul,
    store::{
        migration::{Cell, Kind, MigrationError, Part, Parts, Row, Table},
        scaled::{failure::Result, postgres::Tx},
    },
};

/// Copies rows into a table.
pub(super) async fn into(tx: &Tx<'_>, table: &Table, rows: Vec<Row>) -> Result<()> {
    let types = types(table);
    let mut writer = pin!(BinaryCopyInWriter::new(begin(tx, table).await?, &types));
    write(writer.as_mut(), table, rows).await?;
    writer.finish().await?;
    Ok(())
}

/// Copies everything that arrives. A table is copied by a single statement, because its rows may
/// refer to each other.
pub(super) async fn all(tx: &Tx<'_>, parts: &mut Parts) -> std::result::Result<(), MigrationError> {
    let mut part = next(parts).await?;
    while let Part::Rows(table, mut rows) = part {
        let types = types(table);
        let mut writer = pin!(BinaryCopyInWriter::new(begin(tx, table).await?, &types));
        part = loop {
            write(writer.as_mut(), table, rows).await?;
            match next(parts).await? {
                Part::Rows(same, more) if same.name == table.name => rows = more,
                other => break other,
            }
        };
        writer.finish().await?;
        number_on(tx, table).await?;
    }
    Ok(())
}

async fn next(parts: &mut Parts) -> std::result::Result<Part, MigrationError> {
    parts.recv().await.unwrap_or(Err(MigrationError::Broken))
}

async fn begin(tx: &Tx<'_>, table: &Table) -> Result<CopyInSink<Bytes>> {
    let columns: Vec<_> = table
        .columns
        .iter()
        .map(|(name, _)| format!("\"{name}\""))
        .collect();
    let sql = format!(
        "COPY {} ({}) FROM STDIN (FORMAT binary)",
        table.name,
        columns.join(", ")
    );
    Ok(tx.copy_in(&sql).await?)
}

async fn write(
    mut writer: Pin<&mut BinaryCopyInWriter>,
    table: &Table,
    rows: Vec<Row>,
) -> Result<()> {
    for mut row in rows {
        row.iter_mut().for_each(clean);
        let values: Vec<&(dyn ToSql + Sync)> = row
            .iter()
            .zip(table.columns)
            .map(|(cell, (_, kind))| value(cell, *kind))
            .collect();
        writer.as_mut().write(&values).await?;
    }
    Ok(())
}

/// Makes new rows get numbers after the copied ones.
pub(super) async fn number_on(tx: &Tx<'_>, table: &Table) -> Result<()> {
    if let Some(column) = table.numbered {
        let name = table.name;
        tx.batch_execute(&format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{column}'),
                 greatest(MAX({column}), 1), MAX({column}) IS NOT NULL) FROM {name}"
        ))
        .await?;
    }
    Ok(())
}

fn types(table: &Table) -> Vec<Type> {
    let kinds = table.columns.iter().map(|(_, kind)| *kind);
    kinds.map(type_of).collect()
}

/// The type of a column in PostgreSQL.
fn type_of(kind: Kind) -> Type {
    match kind {
        Kind::Flag => Type::BOOL,
        Kind::Small => Type::INT4,
        Kind::Number => Type::INT8,
        Kind::Float => Type::FLOAT8,
        Kind::Text => Type::TEXT,
        Kind::Bytes => Type::BYTEA,
    }
}

fn clean(cell: &mut Cell) {
    if let Cell::Text(text) = cell {
        *text = without_nul(std::mem::take(text));
    }
}

/// The value as it is written. A null value has a type, too.
fn value(cell: &Cell, kind: Kind) -> &(dyn ToSql + Sync) {
    match cell {
        Cell::Flag(value) => value,
        Cell::Small(value) => value,
        Cell::Number(value) => value,
        Cell::Float(value) => value,
        Cell::Text(value) => value,
        Cell::Bytes(value) => value,
        Cell::Null => match kind {
            Kind::Flag => &None::<bool>,
            Kind::Small => &None::<i32>,
            Kind::Number => &None::<i64>,
            Kind::Float => &None::<f64>,
            Kind::Text => &None::<&str>,
            Kind::Bytes => &None::<&[u8]>,
        },
    }
}
