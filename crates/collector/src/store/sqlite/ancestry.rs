//! Finds out whether an account lies above another while a call places many
//! accounts.

use rusqlite::Connection;

use super::{forest::Forest, rows::AccountRow};

/// Steps upwards that the placements of one call take in the table, in sum. Many
/// placements in a deep tree would take the way up again and again; after so many
/// steps, the tree is read into memory, where each takes a few.
const MAX_STEPS: usize = 20_000;

/// What the placements of one call know of the tree. It must not outlive the
/// transaction.
#[derive(Debug, Default)]
pub struct Ancestry {
    steps: usize,
    forest: Option<Forest>,
}

impl Ancestry {
    /// Whether `upper` is `lower` or lies above it.
    pub(super) fn is_above(
        &mut self,
        conn: &Connection,
        upper: AccountRow,
        lower: AccountRow,
    ) -> rusqlite::Result<bool> {
        if self.steps < MAX_STEPS {
            return self.walk(conn, upper, lower);
        }
        Ok(self.forest(conn)?.is_above(node(upper), node(lower)))
    }

    /// Takes the way up from `lower` in the table.
    fn walk(
        &mut self,
        conn: &Connection,
        upper: AccountRow,
        lower: AccountRow,
    ) -> rusqlite::Result<bool> {
        let mut parent = conn.prepare_cached("SELECT parent_no FROM accounts WHERE no = ?1")?;
        let mut at = Some(lower);
        while let Some(account) = at {
            if account == upper {
                return Ok(true);
            }
            at = parent.query_row([account], |row| row.get(0))?;
            self.steps += 1;
        }
        Ok(false)
    }

    /// The accounts from `lower` upwards to the one below `upper`, which lies above
    /// it: the first and the last `most`, and the number of those in between.
    pub(super) fn way_up(
        &mut self,
        conn: &Connection,
        upper: AccountRow,
        lower: AccountRow,
        most: usize,
    ) -> rusqlite::Result<(Vec<AccountRow>, usize, Vec<AccountRow>)> {
        let way = self.forest(conn)?.way_up(node(upper), node(lower), most);
        let rows = |nodes: Vec<u32>| {
            let rows = nodes.into_iter().map(i64::from);
            rows.filter_map(AccountRow::from_number).collect()
        };
        Ok((rows(way.first), way.between, rows(way.last)))
    }

    /// Notes that an account has another parent now.
    pub(super) fn moved(&mut self, account: AccountRow, parent: Option<AccountRow>) {
        if let Some(forest) = &mut self.forest {
            forest.set_parent(node(account), parent.map(node));
        }
    }

    fn forest(&mut self, conn: &Connection) -> rusqlite::Result<&mut Forest> {
        let read = match self.forest.take() {
            Some(forest) => forest,
            None => read_forest(conn)?,
        };
        Ok(self.forest.insert(read))
    }
}

fn read_forest(conn: &Connection) -> rusqlite::Result<Forest> {
    let mut forest = Forest::default();
    let mut links =
        conn.prepare("SELECT no, parent_no FROM accounts WHERE parent_no IS NOT NULL")?;
    let mut rows = links.query([])?;
    while let Some(row) = rows.next()? {
        let (account, parent): (AccountRow, AccountRow) = (row.get(0)?, row.get(1)?);
        forest.set_parent(node(account), Some(node(parent)));
    }
    Ok(forest)
}

/// The number of an account in the forest: SQLite numbers rows from 1, and no file
/// has four thousand million accounts.
fn node(account: AccountRow) -> u32 {
    u32::try_from(account.number()).unwrap_or(u32::MAX)
}
