//! Writes the bodies of requests that fill a collector with a believable
//! company tree and weeks of usage, one file a request, for curl or a program:
//!
//! ```text
//! cargo run -p natero-collector --example company -- FOLDER
//! ```
//!
//! `FOLDER/requests.tsv` lists them in the order in which they are to be sent:
//! the path (`events` for the Event API, otherwise below `/api/v2/`) and the file.
#![allow(missing_docs, clippy::print_stdout)]

#[path = "../tests/support/company.rs"]
mod company;

use std::{
    fs, io,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "company".into()));
    fs::create_dir_all(&folder)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(io::Error::other)?;
    let company = company::company(now.as_millis() as i64, 63);
    let mut bodies = vec![
        (
            "accounts".to_owned(),
            json!({"records": company.accounts}).to_string(),
        ),
        (
            "account_users".to_owned(),
            json!({"records": company.users}).to_string(),
        ),
    ];
    for events in company.events.chunks(1000) {
        let lines = events.iter().map(|event| format!("{event}\n")).collect();
        bodies.push(("events".to_owned(), lines));
    }
    for (account, kind, record) in company.records {
        bodies.push((format!("accounts/{account}/{kind}"), record.to_string()));
    }
    let mut list = String::new();
    for (at, (path, body)) in bodies.into_iter().enumerate() {
        let file = folder.join(format!("{at:04}.json"));
        fs::write(&file, body)?;
        list.push_str(&format!("{path}\t{}\n", file.display()));
    }
    fs::write(folder.join("requests.tsv"), list)?;
    println!("{} events", company.events.len());
    Ok(())
}
