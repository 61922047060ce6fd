//! The dashboard, as a browser gets it.
#![allow(missing_docs)]

mod arrival;
mod browser;
mod people;
mod safety;
mod signing_in;
#[path = "../support/mod.rs"]
mod support;
mod tree;
mod usage;
