//! Fills a database with ten million events of 10,000 accounts. Then times how long usage
//! queries and the pages of the dashboard take.
//!
//! `cargo run --release -p natero-collector --example ten_million -- FILE [EVENTS]`
//!
//! A file that exists already is not filled again.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use axum::{Router, body::Body, http::Request};
use clap::Parser;
use http_body_util::BodyExt;
use natero_collector::{
    clock::now_ms,
    config::Config,
    http::state::App,
    model::{
        account::AccountPatch,
        calendar::TimeZone,
        keys::{self, SourceId},
        usage::{Dimension, Filter, Span},
    },
    router,
    store::{
        event_key::IdScope,
        keys::Source,
        new_event::NewEvent,
        sqlite::{
            SqliteStore, accounts, events, keys as stored_keys,
            usage::{self, UsageQuery},
        },
        usage::RowPage,
    },
};
use natero_event::received::ReceivedEvent;
use rusqlite::Connection;
use serde_json::json;
use smol_str::format_smolstr;
use tower::ServiceExt;

const REGIONS: u64 = 100;
const ACCOUNTS: u64 = 10_000;
const USERS_PER_ACCOUNT: u64 = 5;
const EVENTS_PER_SESSION: u64 = 20;
const DAYS: u64 = 90;
const START: i64 = 1_700_006_400_000;
const DAY: i64 = 86_400_000;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let file = args.next().expect("name a file");
    let count: u64 = args
        .next()
        .map_or(10_000_000, |n| n.parse().expect("a number"));
    let is_there = Path::new(&file).exists();
    let mut conn = SqliteStore::open_for_command(Path::new(&file)).expect("the file opens");
    if !is_there {
        fill(&mut conn, count);
    }
    ask(&conn);
    let key = keys::generate_account_key().expect("a key");
    stored_keys::insert_account_key(&mut conn, &key, "ten_million", now_ms()).expect("kept");
    open_pages(PathBuf::from(file), &key).await;
}

/// Every kind of page and fragment, for all time and for 30 days.
const PAGES: [&str; 21] = [
    "/",
    "/?level=leaves",
    "/?level=leaves&sort.accounts=change",
    "/?search=77",
    "/accounts/root",
    "/accounts/root?product=product%201",
    "/accounts/root?product=product%201&module=module%201",
    "/accounts/root/below",
    "/accounts/root/users",
    "/accounts/root/records",
    "/accounts/root/events",
    "/accounts/region%207",
    "/accounts/region%207/below",
    "/accounts/account%207",
    "/users/user%2035",
    "/alerts",
    "/events",
    "/loss",
    "/quality",
    "/fragments/tree?parent=root",
    "/fragments/search?search=77",
];

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    config: Config,
}

/// Times the pages of the dashboard, for a signed-in person.
async fn open_pages(file: PathBuf, key: &str) {
    let mut config = Flags::parse_from(["serve"]).config;
    config.database.db = file;
    let router = router::router(App::open(config).await.expect("opens"));
    let form = Request::post("/sign-in")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(format!("key={key}")))
        .expect("a request");
    let answer = router.clone().oneshot(form).await.expect("answered");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    let cookie = cookie.split(';').next().expect("a pair").to_owned();
    println!("\nms to answer, first and median                         all              30 days");
    for page in PAGES {
        let separator = if page.contains('?') { '&' } else { '?' };
        let mut line = format!("{page:<48}");
        for period in ["range=all", "from=2023-12-15&to=2024-01-13"] {
            let address = format!("{page}{separator}{period}");
            let (first, median) = time_of(&router, &address, &cookie).await;
            line += &format!(" {first:>9.1} {median:>9.1}");
        }
        println!("{line}");
    }
}

/// The time of the first answer, which fills the caches, and the median of the next nine.
async fn time_of(router: &Router, address: &str, cookie: &str) -> (f64, f64) {
    let mut times = Vec::new();
    for _ in 0..10 {
        let request = Request::get(address)
            .header("cookie", cookie)
            .body(Body::empty())
            .expect("a request");
        let start = Instant::now();
        let answer = router.clone().oneshot(request).await.expect("answered");
        let status = answer.status();
        let body = answer.into_body().collect().await.expect("whole");
        assert!(status.is_success(), "{address}: {status} {body:?}");
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    let mut warm = times.split_off(1);
    warm.sort_by(f64::total_cmp);
    (times[0], warm[warm.len() / 2])
}

/// A small random generator with a fixed seed, so that every run makes the same events.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

fn fill(conn: &mut Connection, count: u64) {
    let (start, cpu) = (Instant::now(), cpu_ms());
    let tx = conn.transaction().expect("a transaction");
    tx.execute(
        "INSERT INTO sources (auth_hash, api_hash, name, trusted, origins, created_at)
         VALUES (x'00', x'00', '', 0, '[]', 0)",
        [],
    )
    .expect("a source");
    for no in 0..ACCOUNTS {
        let region = format!("region {}", no % REGIONS);
        for (id, parent) in [(&region, "root"), (&format!("account {no}"), &region)] {
            let record = json!({"account_id": id, "parent_account_id": parent});
            let patch = AccountPatch::from_record(record, None).expect("a record");
            accounts::put(&tx, patch, 0)
                .expect("stored")
                .expect("accepted");
        }
    }
    tx.commit().expect("committed");

    let source = Source {
        id: SourceId::from_number(1).unwrap(),
        trusted: false,
        allow_hierarchy: false,
        origins: Vec::new(),
        created_at: 0,
    };
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let sessions = count / EVENTS_PER_SESSION;
    let mut batch = Vec::new();
    for session in 0..sessions {
        let account = random.below(ACCOUNTS);
        let user = account * USERS_PER_ACCOUNT + random.below(USERS_PER_ACCOUNT);
        // Sessions arrive in the order of their times, as in real use.
        let begin = START + (session * DAYS * DAY as u64 / sessions) as i64;
        for at in 0..EVENTS_PER_SESSION {
            batch.push(event(&mut random, session, account, user, begin, at));
        }
        if batch.len() >= 2000 || session + 1 == sessions {
            let tx = conn.transaction().expect("a transaction");
            events::insert_batch(&tx, &batch, &[], &source, begin).expect("kept");
            tx.commit().expect("committed");
            batch.clear();
        }
        let done = (session + 1) * EVENTS_PER_SESSION;
        if done.is_multiple_of(1_000_000) {
            println!(
                "{done} events, {:.0} a second, {:.1} µs of processor time each",
                done as f64 / start.elapsed().as_secs_f64(),
                (cpu_ms() - cpu) * 1000.0 / done as f64
            );
        }
    }
}

fn event(
    random: &mut Random,
    session: u64,
    account: u64,
    user: u64,
    begin: i64,
    at: u64,
) -> NewEvent {
    let module = random.below(8);
    let action = match at % 10 {
        0 => "pageView",
        8 => "moduleEnd",
        9 => "sessionSync",
        _ => "feature",
    };
    let event_id = format!(
        "{:016x}{:016x}",
        random.below(u64::MAX),
        random.below(u64::MAX)
    );
    let event = ReceivedEvent {
        event_id: None,
        account_id: Some(format_smolstr!("account {account}")),
        user_id: format_smolstr!("user {user}"),
        session_id: Some(format_smolstr!("session-{session:012}")),
        created_at: begin + (at * 60_000) as i64,
        action: action.into(),
        feature: (action == "feature").then(|| format_smolstr!("feature {}", random.below(40))),
        module: Some(format_smolstr!("module {module}")),
        product: Some(format_smolstr!("product {}", module % 3)),
        total: (action == "feature").then_some(1.0),
        time_spent: (action == "moduleEnd").then(|| random.below(600_000) as i64),
        active_duration: (action == "sessionSync").then(|| random.below(60_000) as i64),
        visitor_id: Some(format_smolstr!("visitor-{user}")),
        stream_id: Some(format_smolstr!("stream-{session:012}")),
        seq: Some(at as u32),
        url: (action == "pageView").then(|| "https://app.example.com/dashboard".to_owned()),
        title: None,
        referrer: None,
        details: None,
        extra: None,
    };
    NewEvent::new(1, event_id.into(), IdScope::Public, event)
}

/// Processor time of this thread: on a busy machine, wall-clock time would mislead.
fn cpu_ms() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.unwrap_or(0.0) / 1e6
}

fn ask(conn: &Connection) {
    let all = Span {
        from: i64::MIN,
        to: i64::MAX,
    };
    let month = Span {
        from: START + 30 * DAY + 12_345_678,
        to: START + 60 * DAY + 12_345_678,
    };
    let dimensions = [
        None,
        Some(Dimension::Product),
        Some(Dimension::Module),
        Some(Dimension::Feature),
        Some(Dimension::User),
        Some(Dimension::Account),
        Some(Dimension::Day),
    ];
    let _snapshot = conn.unchecked_transaction().expect("a snapshot");
    println!("\nms to answer      all      30 days cut out of hours");
    for account_id in ["root", "region 7", "account 7"] {
        for by in dimensions {
            let mut line = format!("{account_id:<10} {by:<8?}")
                .replace("Some(", "")
                .replace(')', "");
            for span in [all, month] {
                let question = UsageQuery {
                    account: accounts::find_row(conn, account_id)
                        .expect("asked")
                        .expect("known"),
                    rollup: true,
                    by,
                    span,
                    time_zone: TimeZone::UTC,
                    filter: Filter::default(),
                };
                let (start, cpu) = (Instant::now(), cpu_ms());
                // The same computation as for a request to the API.
                let answer = if by.is_some_and(Dimension::is_subject) {
                    let page = RowPage {
                        limit: Some(1000),
                        ..RowPage::ALL
                    };
                    usage::compare(conn, &question, None, &page).expect("answered")
                } else {
                    usage::report(conn, &question).expect("answered")
                };
                line += &format!(
                    " {:>8.1} cpu {:>7.1} ({} events, {} rows)",
                    start.elapsed().as_secs_f64() * 1000.0,
                    cpu_ms() - cpu,
                    answer.totals.events,
                    answer.rows.len()
                );
            }
            println!("{line}");
        }
    }
}
