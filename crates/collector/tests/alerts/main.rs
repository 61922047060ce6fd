//! Alerts: what rules match, who is notified, and what people see.
#![allow(missing_docs)]

mod clock;
mod pages;
mod process;
mod receiver;
mod rule_api;
mod rules;
#[path = "../support/mod.rs"]
mod support;
mod webhook;

use support::running;
