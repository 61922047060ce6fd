//! Days, weeks and months of a time zone.

mod day;
mod moment;
mod month;
mod time_zone;
mod unit;

pub use day::{Day, InvalidDay};
pub use moment::{FIRST_MS, LAST_MS, date_in_utc, moment, start_of_date};
pub use month::Month;
pub use time_zone::{TimeZone, UnknownTimeZone};
pub use unit::CalendarUnit;
