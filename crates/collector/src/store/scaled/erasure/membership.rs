//! Decides to which accounts users belong after an erasure, if only events have placed them.
//!
//! A user belongs to the account that the user's first event names, and anybody can forge that
//! event. When it is erased, the first remaining event decides, as if the other had never arrived.
//! When an account is erased, its users' events that name another account remain.

use std::collections::{BTreeMap, HashSet};

use super::concerned::Concerned;
use crate::{
    model::{
        erasure::{Erasure, ErasureKind},
        quarter::QUARTER_MS,
    },
    store::scaled::{
        account_rows,
        ancestry::Ancestry,
        failure::Result,
        postgres::{Tx, execute, query, query_opt},
        user_records,
    },
};

/// An SQL condition for a user who has events under another account, and whom neither the Account
/// API nor an identification of a trusted source has described.
const MAY_MOVE: &str = "u.details_at = 0 AND NOT u.is_deleted AND EXISTS (
    SELECT 1 FROM releasable r WHERE r.user_id = u.user_id
        AND NOT EXISTS (SELECT 1 FROM releases s WHERE s.day = r.day AND s.key = r.key))";

/// An SQL condition: the event names the account with the id `$1`.
pub(super) const IS_OF_ACCOUNT: &str = "(e.account_id = $1::text)";

/// The first events of the users who may have to move, by user id.
pub(super) type Firsts = BTreeMap<String, FirstEvents>;

/// The first events of a user. Events are given by their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct FirstEvents {
    first: Option<i64>,
    /// The account in which the first event placed the user, if that event is erased.
    place: Option<String>,
    /// Whether that event came from a trusted source.
    pub(super) is_trusted: bool,
    /// The first event that the erasure does not concern.
    left: Option<i64>,
    /// The account that the event `left` names.
    named: Option<String>,
}

/// Finds the first events of users who may have to move: the members of an erased account, or the
/// users whom the events of another erasure name.
pub(super) async fn find_firsts(
    tx: &Tx<'_>,
    erasure: &Erasure,
    id: &str,
    is_concerned: &str,
    concerned: &Concerned,
) -> Result<Firsts> {
    let rows = match erasure.kind {
        // When a user is erased, all of the user's events go.
        ErasureKind::User => return Ok(Firsts::new()),
        ErasureKind::Account => {
            let sql = format!(
                "SELECT u.user_id FROM users u JOIN accounts a ON a.no = u.account_no
                 WHERE a.account_id = $1 AND {MAY_MOVE}"
            );
            query(tx, &sql, &[&erasure.id]).await?
        }
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::Source => {
            let users: Vec<&String> = concerned.traces.users.iter().collect();
            let sql =
                format!("SELECT u.user_id FROM users u WHERE user_id = ANY($1) AND {MAY_MOVE}");
            query(tx, &sql, &[&users]).await?
        }
    };
    let users = rows.iter().map(|row| row.get(0));
    let mut firsts: Firsts = users.map(|user| (user, FirstEvents::default())).collect();
    add_firsts(tx, erasure, id, is_concerned, 0, &mut firsts).await?;
    Ok(firsts)
}

/// Adds the events that arrived from a transaction on.
pub(super) async fn add_firsts(
    tx: &Tx<'_>,
    erasure: &Erasure,
    id: &str,
    is_concerned: &str,
    from_tx: i64,
    firsts: &mut Firsts,
) -> Result<()> {
    if firsts.is_empty() {
        return Ok(());
    }
    let is_concerned = match erasure.kind {
        ErasureKind::Account => IS_OF_ACCOUNT,
        ErasureKind::Stream | ErasureKind::Event | ErasureKind::User | ErasureKind::Source => {
            is_concerned
        }
    };
    let users: Vec<&String> = firsts.keys().collect();
    let sql = format!(
        "SELECT e.user_id, MIN(e.no), MIN(e.no) FILTER (WHERE {is_concerned} IS NOT TRUE)
         FROM events e WHERE e.tx >= $2 AND e.user_id = ANY($3::text[]) GROUP BY e.user_id"
    );
    for row in query(tx, &sql, &[&id, &from_tx, &users]).await? {
        if let Some(found) = firsts.get_mut(row.get::<_, &str>(0)) {
            let (first, left): (Option<i64>, Option<i64>) = (row.get(1), row.get(2));
            found.first = found.first.into_iter().chain(first).min();
            found.left = found.left.into_iter().chain(left).min();
        }
    }
    for (user_id, found) in firsts {
        let erased = found.first.filter(|first| found.left != Some(*first));
        (found.place, found.is_trusted) = match erased {
            Some(first) => place(tx, first).await?,
            None => (None, false),
        };
        found.named = match found.left {
            Some(left) => named(tx, left).await?,
            None => dropped_aside(tx, erasure, user_id).await?,
        };
    }
    Ok(())
}

/// The account in which an event placed its user, and whether its source is trusted.
async fn place(tx: &Tx<'_>, event: i64) -> Result<(Option<String>, bool)> {
    let sql = "SELECT e.account_id, s.trusted FROM events e JOIN sources s ON s.id = e.source_id
        WHERE e.no = $1 AND NOT e.set_aside";
    let row = query_opt(tx, sql, &[&event]).await?;
    Ok(row.map_or((None, false), |row| (row.get(0), row.get(1))))
}

/// The account that an event names.
async fn named(tx: &Tx<'_>, event: i64) -> Result<Option<String>> {
    let sql = "SELECT account_id FROM events WHERE no = $1";
    let row = query_opt(tx, sql, &[&event]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// The account that the earliest set-aside event of a user names, among those that the inbox has
/// dropped.
async fn dropped_aside(tx: &Tx<'_>, erasure: &Erasure, user_id: &str) -> Result<Option<String>> {
    let erased = (erasure.kind == ErasureKind::Account).then_some(&erasure.id);
    let sql = format!(
        "SELECT e.account_id FROM aside_events e
         WHERE e.user_id = $1 AND e.account_id IS DISTINCT FROM $2
             AND NOT EXISTS (SELECT 1 FROM releases r WHERE r.day = e.day AND r.key = e.key)
         ORDER BY e.created_at / {QUARTER_MS}, e.account_id LIMIT 1"
    );
    let row = query_opt(tx, &sql, &[&user_id, &erased]).await?;
    Ok(row.map(|row| row.get(0)))
}

/// A user who has to move.
#[derive(Debug)]
pub(super) struct MovedUser {
    pub(super) user_id: String,
    /// Id of the account to which the user moves.
    pub(super) account_id: String,
}

/// Finds the users who belong to another account after the erasure. `dropped` has the users and
/// accounts of counted events that retention has dropped.
pub(super) async fn find(
    tx: &Tx<'_>,
    erasure: &Erasure,
    firsts: &Firsts,
    dropped: &HashSet<(String, String)>,
) -> Result<Vec<MovedUser>> {
    let mut moved_users = Vec::new();
    for (user_id, first) in firsts {
        let Some(named) = &first.named else {
            continue;
        };
        let sql = "SELECT a.account_id FROM users u JOIN accounts a ON a.no = u.account_no
            WHERE u.user_id = $1 AND u.details_at = 0 AND NOT u.is_deleted";
        let Some(row) = query_opt(tx, sql, &[user_id]).await? else {
            continue;
        };
        let account_id: String = row.get(0);
        let may_move = match erasure.kind {
            ErasureKind::Account => account_id == erasure.id && !first.is_trusted,
            // A counted event that retention has dropped may have placed the user.
            ErasureKind::Stream | ErasureKind::Event | ErasureKind::User | ErasureKind::Source => {
                first.place.as_ref() == Some(&account_id)
                    && !dropped.contains(&(user_id.clone(), account_id.clone()))
            }
        };
        if may_move && *named != account_id {
            moved_users.push(MovedUser {
                user_id: user_id.clone(),
                account_id: named.clone(),
            });
        }
    }
    Ok(moved_users)
}

/// Moves users to their new accounts, and releases the events that were set aside there.
pub(super) async fn move_users(tx: &Tx<'_>, moved_users: &[MovedUser]) -> Result<()> {
    let mut ancestry = Ancestry::default();
    for MovedUser {
        user_id,
        account_id,
    } in moved_users
    {
        let account = account_rows::get_or_insert(tx, account_id).await?;
        let sql = "UPDATE users SET account_no = $2 WHERE user_id = $1";
        execute(tx, sql, &[user_id, &account]).await?;
        user_records::release_events(tx, &mut ancestry, user_id, account_id, account).await?;
    }
    Ok(())
}
