//! Writes the request bodies that fill a collector with a believable company tree and weeks
//! of usage, one file for each request, for curl or a program:
//!
//! ```text
//! cargo run -p natero-collector --example company -- FOLDER
//! ```
//!
//! `FOLDER/requests.tsv` lists the requests in the order in which they must be sent: the path
//! (`events` for that of the Event API) and the file.
#![allow(missing_docs, clippy::print_stdout)]

use std::{
    fs, io,
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use natero_company::{Target, company};

fn main() -> io::Result<()> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "company".into()));
    fs::create_dir_all(&folder)?;
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(io::Error::other)?;
    let company = company(now.as_millis() as i64, 63);
    let mut list = String::new();
    for (at, (target, body)) in company.requests().into_iter().enumerate() {
        let path = match target {
            Target::Events => "events".to_owned(),
            Target::Account(path) => path,
        };
        let file = folder.join(format!("{at:04}.json"));
        fs::write(&file, body)?;
        list.push_str(&format!("{path}\t{}\n", file.display()));
    }
    fs::write(folder.join("requests.tsv"), list)?;
    println!("{} events", company.events.len());
    Ok(())
}
