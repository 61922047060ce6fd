//! Splits the segments of earlier versions. They had one blob, in which the facts of a group
//! followed its sums.

use rusqlite::{Connection, Transaction};

use super::{
    fact_blob::{Group, HAS_SESSION, Names, ONE_FACT, SAME_PRODUCT_AND_MODULE, read_sums},
    facts::Fact,
    leb128::{DamagedBlob, Reader},
    rows::{SessionRow, UserRow},
    segments::{self, Part, Table},
};

/// Calls `visit` for every fact of a blob, in order.
///
/// # Errors
/// Fails when the blob is damaged; `visit` may have been called before.
fn decode(data: &[u8], mut visit: impl FnMut(Fact)) -> Result<(), DamagedBlob> {
    let mut rest = Reader::new(data);
    let mut quarter: u32 = 0;
    while !rest.is_empty() {
        quarter = quarter.checked_add(rest.number32()?).ok_or(DamagedBlob)?;
        let length = usize::try_from(rest.number()?).map_err(|_| DamagedBlob)?;
        let mut block = Reader::new(rest.bytes(length)?);
        let mut user: u32 = 0;
        while let Some(flags) = block.byte() {
            user = user.checked_add(block.number32()?).ok_or(DamagedBlob)?;
            let session = match flags & HAS_SESSION {
                0 => None,
                _ => SessionRow::from_number(block.number32()?),
            };
            let group = Group {
                quarter,
                user: UserRow::from_number(user).ok_or(DamagedBlob)?,
                session,
                sums: read_sums(&mut block, flags)?,
            };
            if flags & ONE_FACT != 0 {
                let names = Names {
                    product: block.number32()?,
                    module: block.number32()?,
                    feature: block.number32()?,
                };
                visit(names.fact(&group, group.sums));
                continue;
            }
            let length = usize::try_from(block.number()?).map_err(|_| DamagedBlob)?;
            decode_facts(block.bytes(length)?, &group, &mut visit)?;
        }
    }
    Ok(())
}

fn decode_facts(
    data: &[u8],
    group: &Group,
    visit: &mut impl FnMut(Fact),
) -> Result<(), DamagedBlob> {
    let mut rest = Reader::new(data);
    let mut names = Names::default();
    while let Some(flags) = rest.byte() {
        if flags & SAME_PRODUCT_AND_MODULE == 0 {
            names.product = rest.number32()?;
            names.module = rest.number32()?;
        }
        names.feature = rest.number32()?;
        let sums = read_sums(&mut rest, flags)?;
        visit(names.fact(group, sums));
    }
    Ok(())
}

/// Splits the blob of each segment. The facts before a damage are kept.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    if !has_single_blobs(tx)? {
        return Ok(());
    }
    tx.execute_batch(
        "DROP INDEX segments_by_account;
         ALTER TABLE usage_segments RENAME TO single_blobs;",
    )?;
    segments::create(tx)?;
    let mut statement =
        tx.prepare("SELECT account_no, is_set_aside, data FROM single_blobs ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let part = Part {
            account: row.get(0)?,
            is_set_aside: row.get(1)?,
        };
        let mut facts = Vec::new();
        if let Err(cause) = decode(row.get_ref(2)?.as_blob()?, |fact| facts.push(fact)) {
            tracing::error!(%cause, account = part.account.number(), "a part of the usage is lost");
        }
        segments::insert(tx, Table::Stored, part, &facts)?;
    }
    drop(rows);
    drop(statement);
    tx.execute_batch("DROP TABLE single_blobs")
}

/// Whether the segments have the format of an earlier version. The seventh migration creates them
/// in the current one.
fn has_single_blobs(conn: &Connection) -> rusqlite::Result<bool> {
    let columns = "SELECT 1 FROM pragma_table_info('usage_segments') WHERE name = 'groups'";
    conn.prepare(columns)?
        .exists([])
        .map(|has_groups| !has_groups)
}
