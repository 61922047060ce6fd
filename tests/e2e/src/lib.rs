//! The harness of the end-to-end tests and of the demo: a real browser, the npm package as a
//! user installs it, and the real collector, all on loopback.
//!
//! [`suite!`] turns a list of async functions into a test binary that shares one
//! [`stage::Stage`] (browser and installed package). Each test creates everything else anew,
//! so that no test depends on another.
#![warn(missing_docs)]

pub mod browser;
pub mod collector;
pub mod company;
pub mod dashboard;
pub mod demo;
pub mod fault;
pub mod fleet;
pub mod front;
pub mod front_end;
pub mod gate;
pub mod hosts;
pub mod inspected;
pub mod package;
pub mod page;
pub mod round_robin;
pub mod rows;
pub mod scenarios;
pub mod site;
pub mod stage;
pub mod suite;
pub mod surroundings;
pub mod tab;
pub mod views;
pub mod wait;
