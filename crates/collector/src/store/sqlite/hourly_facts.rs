//! Migrates the facts of earlier versions. Those facts covered an hour, and users with the same
//! `session_id` shared a session.

use std::collections::{BTreeMap, HashMap, hash_map::Entry};

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    fact_blob::read_sums,
    facts::{Fact, FactKey},
    leb128::{DamagedBlob, Reader},
    rebuild, retention,
    rows::{NameRow, SessionRow, UserRow},
    segments::{self, Part},
};

const SAME_USER: u8 = 1;
const SAME_SESSION: u8 = 1 << 1;
const SAME_PRODUCT_AND_MODULE: u8 = 1 << 2;

/// Quarters of an hour in an hour.
const QUARTERS: u32 = 4;

/// The rows of a key: 0 for none. All are 0 before the first fact of a block.
#[derive(Debug, Clone, Copy, Default)]
struct RawKey {
    user: u32,
    session: u32,
    product: u32,
    module: u32,
    feature: u32,
}

impl RawKey {
    fn at(self, quarter: u32) -> Result<FactKey, DamagedBlob> {
        Ok(FactKey {
            quarter,
            user: UserRow::from_number(self.user).ok_or(DamagedBlob)?,
            session: SessionRow::from_number(self.session),
            product: NameRow::from_number(self.product),
            module: NameRow::from_number(self.module),
            feature: NameRow::from_number(self.feature),
        })
    }
}

/// Calls `visit` for every fact of a blob. The usage of an hour is assigned to its first quarter.
///
/// # Errors
/// Fails when the blob is damaged; `visit` may have been called before.
pub(super) fn decode(data: &[u8], mut visit: impl FnMut(Fact)) -> Result<(), DamagedBlob> {
    let mut rest = Reader::new(data);
    let mut hour: u32 = 0;
    while !rest.is_empty() {
        hour = hour.checked_add(rest.number32()?).ok_or(DamagedBlob)?;
        let length = usize::try_from(rest.number()?).map_err(|_| DamagedBlob)?;
        let block = rest.bytes(length)?;
        let quarter = hour.checked_mul(QUARTERS).ok_or(DamagedBlob)?;
        decode_block(block, quarter, &mut visit)?;
    }
    Ok(())
}

fn decode_block(
    block: &[u8],
    quarter: u32,
    visit: &mut impl FnMut(Fact),
) -> Result<(), DamagedBlob> {
    let mut rest = Reader::new(block);
    let mut key = RawKey::default();
    while let Some(flags) = rest.byte() {
        if flags & SAME_USER == 0 {
            key.user = rest.number32()?;
        }
        if flags & SAME_SESSION == 0 {
            key.session = rest.number32()?;
        }
        if flags & SAME_PRODUCT_AND_MODULE == 0 {
            key.product = rest.number32()?;
            key.module = rest.number32()?;
        }
        key.feature = rest.number32()?;
        // The encoding of sums has not changed.
        let sums = read_sums(&mut rest, flags)?;
        visit(Fact {
            key: key.at(quarter)?,
            sums,
        });
    }
    Ok(())
}

/// Recomputes facts from the events, and keeps the facts whose events were deleted.
pub(super) fn migrate(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut without_events = read(tx, retention::events_from(tx)?)?;
    tx.execute_batch("DROP TABLE usage_segments")?;
    segments::create(tx)?;
    if has_shared_sessions(tx)? {
        split_sessions(tx, &mut without_events)?;
        tx.execute_batch("DROP TABLE shared_sessions")?;
    }
    for (part, facts) in without_events {
        segments::replace(tx, part, facts)?;
    }
    rebuild::recompute(tx)?;
    Ok(())
}

/// Reads the facts from before a quarter of an hour.
fn read(tx: &Transaction<'_>, before: u32) -> rusqlite::Result<BTreeMap<Part, Vec<Fact>>> {
    let mut found: BTreeMap<Part, Vec<Fact>> = BTreeMap::new();
    let mut statement = tx.prepare(
        "SELECT account_no, is_set_aside, data FROM usage_segments WHERE first_quarter * 4 < ?1",
    )?;
    let mut rows = statement.query([before])?;
    while let Some(row) = rows.next()? {
        let part = Part {
            account: row.get(0)?,
            is_set_aside: row.get(1)?,
        };
        let facts = found.entry(part).or_default();
        // The facts that were read before the damage are valid.
        let _ = decode(row.get_ref(2)?.as_blob()?, |fact| {
            if fact.key.quarter < before {
                facts.push(fact);
            }
        });
    }
    Ok(found)
}

fn has_shared_sessions(conn: &Connection) -> rusqlite::Result<bool> {
    conn.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'shared_sessions'")?
        .exists([])
}

/// Gives each user separate sessions.
fn split_sessions(
    tx: &Transaction<'_>,
    facts: &mut BTreeMap<Part, Vec<Fact>>,
) -> rusqlite::Result<()> {
    let mut id = tx.prepare("SELECT session_id FROM shared_sessions WHERE no = ?1")?;
    let mut insert = tx.prepare("INSERT INTO sessions (user_no, session_id) VALUES (?1, ?2)")?;
    let mut own: HashMap<(SessionRow, UserRow), Option<SessionRow>> = HashMap::new();
    for fact in facts.values_mut().flatten() {
        let Some(shared) = fact.key.session else {
            continue;
        };
        let key = (shared, fact.key.user);
        fact.key.session = match own.entry(key) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(unknown) => {
                let id: Option<String> = id.query_row([shared], |row| row.get(0)).optional()?;
                let row = match id {
                    None => None,
                    Some(id) => {
                        insert.execute(params![fact.key.user, id])?;
                        Some(SessionRow::last_inserted(tx)?)
                    }
                };
                *unknown.insert(row)
            }
        };
    }
    Ok(())
}
