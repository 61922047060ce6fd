//! Modules that are entered for as long as a value lives.

use super::{Tracker, arguments::id as checked};
use crate::{error::TrackerError, instance::StickyId};

/// A module that was entered, until this is dropped; see
/// [`enter_module`](Tracker::enter_module).
#[derive(Debug)]
#[must_use = "the module is left when this is dropped"]
pub struct ModuleGuard {
    pub(super) tracker: Tracker,
    pub(super) entry: u32,
}

impl Tracker {
    /// Enters a module for as long as the guard lives, for example as long as a
    /// component. Dropping the latest guard returns to the module of the guard before it,
    /// or to none. Dropping an earlier guard changes nothing, so the order in which two
    /// components are dropped does not matter. After
    /// [`set_module_id`](Tracker::set_module_id) or [`reset`](Tracker::reset), existing
    /// guards have no effect.
    ///
    /// ```
    /// # let tracker = natero_wasm::Tracker::builder("a", "b").build()?;
    /// let reports = tracker.enter_module("reports")?;
    /// let editor = tracker.enter_module("editor")?;
    /// drop(editor); // in `reports` again
    /// drop(reports);
    /// # Ok::<(), natero_wasm::TrackerError>(())
    /// ```
    ///
    /// # Errors
    /// As [`set_account_id`](Tracker::set_account_id).
    pub fn enter_module(&self, id: &str) -> Result<ModuleGuard, TrackerError> {
        let (method, argument) = StickyId::Module.names();
        let mut entry = 0;
        self.call(method, |instance| {
            entry = instance.enter(checked(method, argument, id)?);
            Ok(())
        })?;
        let tracker = *self;
        Ok(ModuleGuard { tracker, entry })
    }
}

impl Drop for ModuleGuard {
    fn drop(&mut self) {
        if let Some((instance, _)) = self.tracker.instance() {
            instance.leave(self.entry);
        }
    }
}

/// The modules of existing guards, the latest last.
#[derive(Debug, Default)]
pub(crate) struct ModuleStack {
    modules: Vec<(u32, String)>,
    entries: u32,
}

impl ModuleStack {
    /// Enters a module. Returns the number to leave it with.
    pub fn enter(&mut self, module: &str) -> u32 {
        self.entries += 1;
        self.modules.push((self.entries, module.to_owned()));
        self.entries
    }

    /// Leaves a module. If it was the latest, returns the module that is current then.
    pub fn leave(&mut self, entry: u32) -> Option<Option<String>> {
        let at = self.modules.iter().position(|(it, _)| *it == entry)?;
        self.modules.remove(at);
        let was_latest = at == self.modules.len();
        was_latest.then(|| self.modules.last().map(|(_, module)| module.clone()))
    }

    /// The module was set directly: existing guards have no effect from now on.
    pub fn clear(&mut self) {
        self.modules.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_module_gives_way_to_the_one_around_it() {
        let mut entered = ModuleStack::default();
        let outer = entered.enter("reports");
        let inner = entered.enter("editor");
        assert_eq!(entered.leave(inner), Some(Some("reports".to_owned())));
        assert_eq!(entered.leave(outer), Some(None));
        assert_eq!(entered.leave(outer), None);
    }

    #[test]
    fn one_that_another_has_followed_is_left_without_a_change() {
        let mut entered = ModuleStack::default();
        let before = entered.enter("reports");
        let after = entered.enter("reports");
        assert_eq!(entered.leave(before), None);
        assert_eq!(entered.leave(after), Some(None));
    }

    #[test]
    fn guards_stand_for_nothing_once_the_module_was_set_otherwise() {
        let mut entered = ModuleStack::default();
        let before = entered.enter("reports");
        entered.clear();
        let after = entered.enter("reports");
        assert_eq!(entered.leave(before), None);
        assert_eq!(entered.leave(after), Some(None));
    }
}
