//! Dashboard sessions of signed-in people. The database stores only the hashes of their ids.

use deadpool_postgres::Client;

use super::{
    failure::Result,
    keys,
    postgres::{Tx, execute},
};
use crate::{
    model::keys::hash,
    store::sessions::{
        AGE_LIMIT, IDLE_LIMIT, MAX_SESSIONS, NewSession, OpenSession, USED_PRECISION,
    },
};

/// Opens a session, and ends the previous ones of the same browser.
pub(super) async fn begin(tx: &Tx<'_>, session: &NewSession, now: i64) -> Result<()> {
    for previous in &session.previous {
        end(tx, previous).await?;
    }
    let (idle, old) = (now - IDLE_LIMIT - USED_PRECISION, now - AGE_LIMIT);
    let sql = "DELETE FROM dashboard_sessions WHERE used_at < $1 OR began_at < $2";
    execute(tx, sql, &[&idle, &old]).await?;
    let sql = "DELETE FROM dashboard_sessions WHERE id_hash IN (
        SELECT id_hash FROM dashboard_sessions ORDER BY used_at DESC, began_at DESC OFFSET $1)";
    execute(tx, sql, &[&(MAX_SESSIONS - 1)]).await?;
    let sql = "INSERT INTO dashboard_sessions (id_hash, key_id, began_at, used_at)
        VALUES ($1, $2, $3, $3)";
    execute(
        tx,
        sql,
        &[&hash(&session.id).as_slice(), &session.key.number(), &now],
    )
    .await?;
    Ok(())
}

/// Finds a session that is open at `now`.
pub(super) async fn find(client: &Client, id: &str, now: i64) -> Result<Option<OpenSession>> {
    let find = client
        .prepare_cached(
            "SELECT key_id, used_at FROM dashboard_sessions
             WHERE id_hash = $1 AND used_at >= $2 AND began_at >= $3",
        )
        .await?;
    let (idle, old) = (now - IDLE_LIMIT - USED_PRECISION, now - AGE_LIMIT);
    let row = client
        .query_opt(&find, &[&hash(id).as_slice(), &idle, &old])
        .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let reader = keys::find_reader_by_id(client, keys::key_id(row.get(0))?).await?;
    Ok(reader.map(|reader| OpenSession {
        reader,
        is_stale: row.get::<_, i64>(1) < now - USED_PRECISION,
    }))
}

/// Records the use of a session.
pub(super) async fn touch(tx: &Tx<'_>, id: &str, now: i64) -> Result<()> {
    let sql = "UPDATE dashboard_sessions SET used_at = $2 WHERE id_hash = $1";
    execute(tx, sql, &[&hash(id).as_slice(), &now]).await?;
    Ok(())
}

/// Ends a session.
pub(super) async fn end(tx: &Tx<'_>, id: &str) -> Result<()> {
    let sql = "DELETE FROM dashboard_sessions WHERE id_hash = $1";
    execute(tx, sql, &[&hash(id).as_slice()]).await?;
    Ok(())
}
