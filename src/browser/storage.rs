//! Keeps waiting events in localStorage, where a write is complete when the call returns
//! and survives the page. Each page has a part of its own, and holds a lock of that name
//! while something is stored in it. The npm package uses the same names and the same
//! format, so each adopts what the other left.

#[cfg(all(test, target_arch = "wasm32"))]
mod tests;

use std::cell::{Cell, RefCell};

use natero_engine::{
    SegmentId,
    stored_names::{LAST_ALIVE, SHARED_WAIT, STORED_CALLS, STORED_EVENTS},
};
use natero_event::json::push_int;
use wasm_bindgen::JsValue;

use super::{
    clock,
    locks::{self, Lock},
    orphans::{Kept, Takeover, take_over},
    page,
};
use crate::ascii::rsplit_once;

/// Receives the records of one segment that a closed page left.
pub(crate) type Adopt = Box<dyn Fn(String)>;

/// Limit for what all pages of a source keep in web storage, in bytes.
pub(crate) type MaxBytes = usize;

/// This page's part of the storage, and what other pages left.
pub(crate) struct PageStorage {
    /// The prefix of all parts of this source.
    event_prefix: String,
    /// The prefix of all early calls of this source.
    call_prefix: String,
    adopt: Adopt,
    max_bytes: MaxBytes,
    own: RefCell<OwnPart>,
    /// Segments that could not be stored as this page's own. They stay where they are.
    unadopted: RefCell<Vec<String>>,
    /// The locks of the parts that contain these segments, and the timers after which locks
    /// that were held are requested once more.
    others: RefCell<Vec<Kept>>,
    write_failed: Cell<bool>,
    /// The segment being written replaces one that another page left.
    is_adopting: Cell<bool>,
    is_closed: Cell<bool>,
}

/// What this page has stored.
#[derive(Debug, Default)]
struct OwnPart {
    stream: String,
    part: String,
    /// Each with its size in bytes.
    segments: Vec<(SegmentId, usize)>,
    lock: Option<Lock>,
}

impl OwnPart {
    /// Notes the size of a segment, in bytes. Returns its name and its previous size.
    fn set_size(&mut self, segment: SegmentId, bytes: usize) -> (String, usize) {
        let before = match self.segments.iter_mut().find(|(it, _)| *it == segment) {
            Some((_, counted)) => std::mem::replace(counted, bytes),
            None => {
                self.segments.push((segment, bytes));
                0
            }
        };
        (segment_name(&self.part, segment), before)
    }
}

impl PageStorage {
    /// `source` is a short name for the source.
    pub fn new(prefix: &str, source: &str, max_bytes: MaxBytes, adopt: Adopt) -> PageStorage {
        let prefix_of = |version| [prefix, version, source, "."].concat();
        PageStorage {
            event_prefix: prefix_of(STORED_EVENTS),
            call_prefix: prefix_of(STORED_CALLS),
            adopt,
            max_bytes,
            own: RefCell::default(),
            unadopted: RefCell::default(),
            others: RefCell::default(),
            write_failed: Cell::new(false),
            is_adopting: Cell::new(false),
            is_closed: Cell::new(true),
        }
    }

    /// Begins a new part, named after this stream.
    pub fn claim(&self, stream: &str) {
        // A visitor may opt in more than once.
        if self.own.borrow().stream == stream {
            return;
        }
        self.close();
        let mut own = self.own.borrow_mut();
        own.segments.clear();
        own.stream = stream.to_owned();
        own.part = [&self.event_prefix, stream].concat();
        self.is_closed.set(false);
    }

    /// Gives up this page's part, so that any page may take it over.
    pub fn close(&self) {
        self.is_closed.set(true);
        let lock = {
            let mut own = self.own.borrow_mut();
            // If the page writes again while it unloads, the segment goes to the same
            // part.
            own.stream.clear();
            own.lock.take()
        };
        drop((lock, self.others.take()));
    }

    /// Writes a segment. Returns whether it, or its previous version, is stored. If
    /// storage is full or blocked, the events stay in memory.
    pub fn write(&'static self, segment: SegmentId, records: &str) -> bool {
        let begins_part = {
            let mut own = self.own.borrow_mut();
            let begins_part = own.segments.is_empty() && !own.stream.is_empty();
            if begins_part {
                // The lock is requested before anything is stored under its name, and no
                // page that looked earlier can know that name.
                own.part = [&self.event_prefix, own.stream.as_str(), "-"].concat();
                push_int(&mut own.part, i64::from(segment.0.get()));
                own.lock = None;
            }
            begins_part.then(|| own.part.clone())
        };
        if let Some(part) = begins_part {
            let lock = Lock::hold(&part, move || self.update_last_alive());
            self.own.borrow_mut().lock = Some(lock);
        }
        let (name, before) = self.own.borrow_mut().set_size(segment, records.len());
        self.update_last_alive();
        let fits = before >= records.len()
            || self.is_adopting.get()
            || self.other_bytes(&name) + records.len() <= self.max_bytes;
        if fits && store(&name, records) {
            return true;
        }
        if before > 0 {
            // The previous version is still stored.
            self.own.borrow_mut().set_size(segment, before);
            return true;
        }
        self.write_failed.set(true);
        self.forget_segment(segment);
        false
    }

    /// The segments that are gone. A page may clear the storage when its user signs out.
    pub fn missing(&self) -> Vec<SegmentId> {
        let (part, segments) = {
            let own = self.own.borrow();
            (own.part.clone(), own.segments.clone())
        };
        let mut missing = Vec::new();
        for (segment, _) in &segments {
            if storage().is_some() && read_stored(&segment_name(&part, *segment)).is_none() {
                self.forget_segment(*segment);
                missing.push(*segment);
            }
        }
        missing
    }

    /// What all pages have stored for this source, in bytes, except the item with this
    /// name.
    fn other_bytes(&self, name: &str) -> usize {
        let mut bytes = 0;
        for prefix in &[&self.event_prefix, &self.call_prefix] {
            for it in &names_with_prefix(prefix) {
                if it != name {
                    bytes += read_stored(it).map_or(0, |text| text.len());
                }
            }
        }
        bytes
    }

    /// Removes a segment.
    pub fn remove(&self, segment: SegmentId) {
        let name = segment_name(&self.own.borrow().part, segment);
        remove_stored(&name);
        self.forget_segment(segment);
    }

    /// Stores the record that all pages of this source share; removes it if `record` is
    /// empty.
    pub fn share(&self, record: &str) {
        if record.is_empty() {
            remove_stored(&self.shared_name());
        } else {
            store(&self.shared_name(), record);
        }
    }

    /// The name of the item that all pages of this source share.
    pub fn shared_name(&self) -> String {
        [&self.event_prefix, SHARED_WAIT].concat()
    }

    /// Passes on a record that another page shared.
    pub fn adopt_shared(&self, record: String) {
        (self.adopt)(record);
    }

    /// Passes on the shared record, and what closed pages left.
    pub fn adopt_orphans(&'static self) {
        self.update_last_alive();
        let own = self.own.borrow().part.clone();
        let mut seen: Vec<String> = Vec::new();
        if let Some(record) = read_stored(&self.shared_name()) {
            self.adopt_shared(record);
        }
        for name in &names_with_prefix(&self.event_prefix) {
            if name.ends_with(SHARED_WAIT) {
                continue;
            }
            let Some((part, _)) = rsplit_once(name, b'.') else {
                continue;
            };
            if part == own || seen.iter().any(|it| it == part) {
                continue;
            }
            seen.push(part.to_owned());
            let last_alive = read_stored(&[part, LAST_ALIVE].concat());
            let last_alive = last_alive.and_then(|text| number(&text)).unwrap_or(0.0);
            let adopted = part.to_owned();
            take_over(
                part,
                last_alive,
                move || self.adopt_part(&adopted),
                move |kept| {
                    if matches!(kept, Kept::Lock(_)) || !self.is_closed.get() {
                        self.others.borrow_mut().push(kept);
                    }
                },
            );
        }
    }

    /// Removes everything of this source.
    pub fn erase(&self) {
        {
            let mut own = self.own.borrow_mut();
            own.segments.clear();
            own.lock = None;
        }
        self.remove_all();
    }

    /// Removes every item of this source, whichever page stored it.
    pub fn remove_all(&self) {
        for prefix in &[&self.event_prefix, &self.call_prefix] {
            for name in &names_with_prefix(prefix) {
                remove_stored(name);
            }
        }
    }

    /// Adopts the records of a part.
    fn adopt_part(&self, part: &str) -> Takeover {
        let mut taken = Takeover::Complete;
        // A page that has given up storing cannot store anything as its own.
        if self.is_closed.get() {
            return taken;
        }
        // Waiting events are stored first, within the limit, before anything replaces
        // another page's segment.
        (self.adopt)(String::new());
        let last_alive = [part, LAST_ALIVE].concat();
        for name in names_with_prefix(&[part, "."].concat()) {
            if self.unadopted.borrow().contains(&name) {
                continue;
            }
            self.write_failed.set(false);
            let records = read_stored(&name).filter(|records| !records.is_empty());
            if let Some(records) = records
                && name != last_alive
            {
                self.is_adopting.set(true);
                (self.adopt)(records);
                self.is_adopting.set(false);
            }
            if self.write_failed.get() {
                // It stays for the next page. Sending events twice is better than losing
                // them.
                self.unadopted.borrow_mut().push(name);
                taken = Takeover::Partial;
            } else {
                // It is stored in this page's part now.
                remove_stored(&name);
            }
        }
        taken
    }

    /// Releases the lock when nothing is stored. Firefox does not keep a page that holds
    /// a lock in its back/forward cache.
    fn forget_segment(&self, segment: SegmentId) {
        let mut own = self.own.borrow_mut();
        let before = own.segments.len();
        own.segments.retain(|(it, _)| *it != segment);
        if own.segments.len() < before && own.segments.is_empty() {
            let last_alive = [&own.part, LAST_ALIVE].concat();
            let lock = own.lock.take();
            drop(own);
            remove_stored(&last_alive);
            drop(lock);
        }
    }

    /// Where there are no locks that work, records for other pages that this page lives.
    fn update_last_alive(&self) {
        let last_alive = {
            let own = self.own.borrow();
            if own.segments.is_empty() || locks::work() {
                return;
            }
            [&own.part, LAST_ALIVE].concat()
        };
        let mut now = String::new();
        push_int(&mut now, clock::wall() as i64);
        store(&last_alive, &now);
    }
}

fn segment_name(part: &str, segment: SegmentId) -> String {
    let mut name = [part, "."].concat();
    push_int(&mut name, i64::from(segment.0.get()));
    name
}

/// A whole number that consists only of digits.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.as_bytes();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        digits
            .iter()
            .fold(0.0, |number, digit| number * 10.0 + f64::from(digit - b'0'))
    })
}

fn storage() -> Option<JsValue> {
    let storage = page::global("localStorage");
    storage.is_object().then_some(storage)
}

/// Stores a text under a name. Returns whether that succeeded: storage may be blocked or
/// full.
pub(crate) fn store(name: &str, text: &str) -> bool {
    let arguments = [name.into(), text.into()];
    storage().is_some_and(|storage| page::call(&storage, "setItem", &arguments).is_ok())
}

/// Removes what is stored under a name.
pub(crate) fn remove_stored(name: &str) {
    if let Some(storage) = storage() {
        let _ = page::call(&storage, "removeItem", &[name.into()]);
    }
}

/// The text stored under a name; `None` if storage is blocked.
pub(crate) fn read_stored(name: &str) -> Option<String> {
    let stored = page::call(&storage()?, "getItem", &[name.into()]);
    stored.ok()?.as_string()
}

/// The names of all stored items that begin with `prefix`; empty if storage is blocked.
pub(crate) fn names_with_prefix(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for at in 0..page::length(&storage) {
        let name = page::call(&storage, "key", &[at.into()]);
        if let Some(name) = name.ok().and_then(|name| name.as_string())
            && name.starts_with(prefix)
        {
            names.push(name);
        }
    }
    names
}
