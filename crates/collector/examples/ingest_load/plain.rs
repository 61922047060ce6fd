//! The baseline: what a team would write in an afternoon with axum and SQLite. It
//! reads lines of JSON and inserts them into one table with a unique id, each
//! request in a transaction that is flushed to disk. It knows no accounts, users,
//! sessions, figures or losses.

use std::{
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use axum::{Json, Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use rusqlite::{Connection, params};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Event {
    event_id: String,
    account_id: String,
    user_id: String,
    session_id: Option<String>,
    created_at: i64,
    action: String,
    feature: Option<String>,
    module: Option<String>,
    product: Option<String>,
    total: Option<f64>,
    visitor_id: Option<String>,
    stream_id: Option<String>,
    seq: Option<u32>,
}

type Shared = Arc<Mutex<Connection>>;

/// Serves until the process is ended. Prints its address in the same form as the collector.
pub fn serve(db: &Path) {
    let conn = Connection::open(db).expect("it opens");
    // The settings that every guide recommends, and a flush at every commit.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
         CREATE TABLE events (
             id INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, account_id TEXT NOT NULL,
             user_id TEXT NOT NULL, session_id TEXT, created_at INTEGER NOT NULL,
             action TEXT NOT NULL, feature TEXT, module TEXT, product TEXT, total REAL,
             visitor_id TEXT, stream_id TEXT, seq INTEGER);
         CREATE INDEX events_by_account ON events (account_id, created_at);",
    )
    .expect("a table");
    let shared: Shared = Arc::new(Mutex::new(conn));
    let router = Router::new()
        .route("/v1/{auth_key}/{api_key}", post(take))
        .with_state(shared);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.expect("an address");
        let address = listener.local_addr().expect("an address");
        println!("listening on http://{address}");
        std::io::stdout().flush().expect("written");
        axum::serve(listener, router).await.expect("served");
    });
}

async fn take(State(shared): State<Shared>, body: Bytes) -> Result<Json<Value>, StatusCode> {
    let stored = tokio::task::spawn_blocking(move || store(&shared, &body)).await;
    let accepted = stored
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?
        .map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(Json(json!({ "accepted": accepted })))
}

fn store(shared: &Mutex<Connection>, body: &[u8]) -> rusqlite::Result<usize> {
    let lines = body.split(|byte| *byte == b'\n');
    let events: Vec<Event> = lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let mut conn = shared.lock().expect("no panic");
    let tx = conn.transaction()?;
    let mut accepted = 0;
    {
        let mut insert = tx.prepare_cached(
            "INSERT INTO events (event_id, account_id, user_id, session_id, created_at, action,
                 feature, module, product, total, visitor_id, stream_id, seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
             ON CONFLICT (event_id) DO NOTHING",
        )?;
        for event in &events {
            accepted += insert.execute(params![
                event.event_id,
                event.account_id,
                event.user_id,
                event.session_id,
                event.created_at,
                event.action,
                event.feature,
                event.module,
                event.product,
                event.total,
                event.visitor_id,
                event.stream_id,
                event.seq,
            ])?;
        }
    }
    tx.commit()?;
    Ok(accepted)
}
