//! Compares the store on PostgreSQL and ClickHouse with the one on SQLite: the same calls
//! must get the same answers.
#![allow(missing_docs)]

mod certificate;
mod conflicts;
mod current_engine;
mod encrypted;
mod entities;
mod faults;
mod histories;
mod migrate;
mod outage;
mod own;
mod pages;
mod pair;
mod partition;
mod process;
mod proxy;
mod rates;
mod removing;
mod rendered;
mod room;
mod rules;
mod servers;
mod shipping;
mod spread;
mod steps;
#[path = "../support/mod.rs"]
mod support;

use support::running;
