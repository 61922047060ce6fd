//! What is true of the store in a file alone. Every other suite runs on both stores.
//!
//! Each module says why a store on servers cannot have its tests. No file outside of this
//! folder chooses a store: `stores.rs` checks that.
#![allow(missing_docs)]

/// A copy of the file while it is written to. Servers are copied by their own programs.
mod backups;
/// `export`, `backup`, `restore`, `loss` and `rebuild` work on a file, and a wrong file is
/// named. Also the commands that are told a store by their flags.
mod commands;
#[path = "../erasure/company.rs"]
mod company;
/// A page of the file that the disk has damaged.
mod damage;
/// The bytes of the file, its log and its inbox.
mod erased_bytes;
/// The list of erasures, which `restore` applies to a copy of a file.
mod erasures;
/// The command `export`, which reads a file.
mod exports;
mod file;
/// `--max-db-bytes`, and the limit that a system sets to the sizes of files.
mod full_disk;
/// Tables of the file by month, of which pages are freed bit by bit, and ids of events
/// that are the same in each: on servers, an id is that of its day.
mod months;
/// The clock of a runtime that stands still runs ahead while it waits for a server.
mod paused_clock;
/// Figures that the file has beside the events, and the command that corrects them.
mod rebuild;
/// Files that take the place of the database.
mod restore;
#[path = "../support/mod.rs"]
mod support;
/// How the one writer of the file shares its time. Servers share theirs by themselves.
mod throughput;
/// The lock of the file, the queue before its writer, and the inbox beside it.
mod writer;

use support::running;
