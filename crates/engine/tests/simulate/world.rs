//! The simulated browser: tabs, storage and its locks, and what is under way between them
//! and the server.

mod dice;
mod network;
mod schedule;
mod storage;
mod tabs;
mod task;

use crate::collector::{Collector, Mood};
use dice::Dice;
use natero_engine::{Engine, Mono, Now, RequestId, SegmentId, Wall};
use network::Parcel;
use std::collections::{BTreeMap, BTreeSet};

/// Connections that a browser opens to one server, shared by all of its tabs.
const CONNECTIONS: usize = 6;

const BEGIN: f64 = 1_700_000_000_000.0;

/// The result of a run.
#[derive(Debug)]
pub struct Summary {
    pub events: u64,
    pub crashes: u64,
    pub requests: u64,
    pub duplicates: u64,
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary {
            events,
            crashes,
            requests,
            duplicates,
        } = self;
        write!(
            f,
            "{events} events, {crashes} crashes, {requests} requests, {duplicates} duplicates"
        )
    }
}

struct Tab {
    id: u32,
    engine: Engine,
    opened: f64,
    /// Its part of the storage. It holds the lock of that name unless it is frozen.
    part: String,
    visible: bool,
    frozen: bool,
    /// A microtask is queued that reports the end of the task.
    ending: bool,
    /// Keys whose records it adopted but could not store as its own.
    taken: BTreeSet<String>,
    /// Features called in the current task.
    called: Vec<String>,
    /// The segments that it wrote and has not removed.
    segments: BTreeSet<SegmentId>,
    /// Requests whose answers it ignores.
    aborted: Vec<RequestId>,
    /// How often it warned that the server is unreachable.
    warned: u32,
    /// The server asked it to send nothing before this time.
    told_to_wait: f64,
}

/// A wait that the server asked of a page, and that the page shared.
#[derive(Clone)]
struct Wait {
    record: String,
    until: f64,
    /// How far the wall clock was off at that time. If it has been set since, the stored
    /// time means another moment.
    wall_shift: f64,
}

pub struct World {
    dice: Dice,
    talk: bool,
    clock: f64,
    wall_shift: f64,
    tabs: Vec<Tab>,
    opened: u32,
    cookies: (String, String),
    storage: BTreeMap<String, String>,
    /// The wait that all tabs share.
    shared_wait: Option<Wait>,
    storage_works: bool,
    storage_failed: bool,
    network_works: bool,
    mood: Mood,
    collector: Collector,
    parcels: Vec<(f64, Parcel)>,
    /// For each request that holds a connection until its tab closes, that tab's id:
    /// these are unanswered requests with `keepalive`.
    held: Vec<u32>,
    /// Features that were accepted in a task that has ended, and are stored.
    promised: BTreeSet<String>,
    /// Features that exist only in memory, with their tab.
    in_memory: BTreeMap<String, u32>,
    /// Which tab sent each event last.
    senders: BTreeMap<String, u32>,
    features: u64,
    crashes: u64,
    requests: u64,
    evicted: u64,
    adoptions: u64,
    max_queue_bytes: usize,
    max_stored_bytes: usize,
}

impl World {
    pub fn new(seed: u64, talk: bool) -> World {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        const ROOM: usize = 1_048_576;
        let (max_queue_bytes, max_stored_bytes) = match dice.below(8) {
            0 => (6_000, 6_000),
            // Some waiting events cannot be stored, and none are evicted.
            1 => (ROOM, 3_000),
            _ => (ROOM, ROOM),
        };
        World {
            talk,
            clock: 0.0,
            wall_shift: 0.0,
            tabs: Vec::new(),
            opened: 0,
            cookies: Default::default(),
            storage: BTreeMap::new(),
            shared_wait: None,
            storage_works: true,
            storage_failed: false,
            network_works: true,
            mood: Mood::Well,
            collector: Collector {
                understands_asked: dice.one_in(2),
                ..Collector::default()
            },
            parcels: Vec::new(),
            held: Vec::new(),
            promised: BTreeSet::new(),
            in_memory: BTreeMap::new(),
            senders: BTreeMap::new(),
            features: 0,
            crashes: 0,
            requests: 0,
            evicted: 0,
            adoptions: 0,
            max_queue_bytes,
            max_stored_bytes,
            dice,
        }
    }

    fn say(&self, what: &str) {
        if self.talk {
            println!("{:>10.0} {what}", self.clock);
        }
    }

    fn now(&self, tab: usize) -> Now {
        Now {
            mono: Mono(self.clock - self.tabs[tab].opened),
            wall: Wall(BEGIN + self.clock + self.wall_shift),
        }
    }

    fn find(&self, id: u32) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }
}
