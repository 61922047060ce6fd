//! Tests that apply only to the store in a file. Every other suite runs on both stores.
//!
//! Each module says why its tests cannot run on a store on servers. No file outside of this
//! folder chooses a store; `stores.rs` checks that.
#![allow(missing_docs)]

/// Copying the file while it is written to. Servers are copied with their own programs.
mod backups;
/// `export`, `backup`, `restore`, `loss` and `rebuild` work on a file, and errors name a
/// wrong file. Also the commands whose flags choose a store.
mod commands;
#[path = "../erasure/company.rs"]
mod company;
/// A page of the file that was damaged on disk.
mod damage;
/// The bytes of the file, its log and its inbox.
mod erased_bytes;
/// The list of erasures, which `restore` applies to a copy of a file.
mod erasures;
/// The command `export`, which reads a file.
mod exports;
mod file;
/// `--max-db-bytes`, and the operating system's limit on file sizes.
mod full_disk;
/// The names and the permissions of the file.
mod links;
/// The tables for each month in the file, whose pages are freed step by step. Also event ids,
/// which are unique across months in a file; on servers, an id is unique only within its day.
mod months;
/// A paused clock of the runtime jumps ahead while it waits for a server.
mod paused_clock;
/// The figures that the file stores next to the events, and the command that corrects them.
mod rebuild;
/// Replacing the database by another file.
mod restore;
mod restored_keys;
#[path = "../support/mod.rs"]
mod support;
/// How the file's only writer divides its time. Database servers do that by themselves.
mod throughput;
/// The lock of the file, the queue of its writer, and the inbox next to it.
mod writer;

use support::running;
