//! What a form of the page has done, as the address and the page name it.

/// What a form has done. The page says so above the section of the form, since the address
/// that the browser opens next leads there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Added,
    Changed,
    Removed,
    Checked,
    WebhookRemoved,
}

impl Done {
    const ALL: [Done; 5] = [
        Done::Added,
        Done::Changed,
        Done::Removed,
        Done::Checked,
        Done::WebhookRemoved,
    ];

    /// The action with this name in an address.
    pub(super) fn named(name: &str) -> Option<Self> {
        Done::ALL.into_iter().find(|done| done.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Done::Added => "added",
            Done::Changed => "changed",
            Done::Removed => "removed",
            Done::Checked => "checked",
            Done::WebhookRemoved => "webhook-removed",
        }
    }

    /// The id of the section of the form. Checking the rules concerns the whole page.
    pub(super) fn section(self) -> Option<&'static str> {
        match self {
            Done::Added | Done::Changed | Done::Removed => Some("rules"),
            Done::WebhookRemoved => Some("webhook"),
            Done::Checked => None,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Done::Added => "The rule is stored; the list says when it was checked.",
            Done::Changed => "The rule is changed; the list says when it was checked.",
            Done::Removed => "The rule and its alerts are removed.",
            Done::Checked => "All rules were checked.",
            Done::WebhookRemoved => {
                "The webhook is removed. Nobody is notified of alerts any more."
            }
        }
    }
}
