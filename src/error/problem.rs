//! The problems that the tracker reports, and their messages.

use std::fmt;

use natero_engine::{Loss, Reason};
use natero_event::json::{push_ascii, push_int};

use super::ErrorCode;

/// What to do where the collector does not know the keys.
pub const CHECK_KEYS: &str = "Check apiKey and authKey";

/// The warning where the page has no timers.
pub const NO_TIMERS: &str =
    "setTimeout is missing, throws or does not wait: events are sent at once.";

/// What `on_error` receives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Stable, for programs: the name of an [`ErrorCode`].
    pub code: &'static str,
    /// What was wrong, where, and what to do.
    pub message: String,
    /// How many events were lost by it.
    pub dropped: u32,
}

impl fmt::Display for Problem {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.message)
    }
}

impl Problem {
    /// The problem to report when events will not be delivered.
    pub fn of_loss(loss: &Loss) -> Problem {
        let Loss {
            reason,
            count,
            status,
            message,
        } = loss;
        let (happened, advice) = explained(*reason);
        let is_unauthorized = *status == Some(401);
        let mut text = String::new();
        push_int(&mut text, i64::from(*count));
        text.push_str(if *count == 1 {
            " event was"
        } else {
            " events were"
        });
        text.push_str(" dropped: ");
        text.push_str(happened);
        if let Some(status) = status {
            text.push_str(" (");
            push_int(&mut text, i64::from(*status));
            if !message.is_empty() {
                text.push_str(", ");
                text.push_str(message);
            }
            push_ascii(&mut text, b')');
        }
        text.push_str(". ");
        text.push_str(if is_unauthorized { CHECK_KEYS } else { advice });
        push_ascii(&mut text, b'.');
        let code = if is_unauthorized {
            ErrorCode::Unauthorized
        } else {
            ErrorCode::Lost(*reason)
        };
        Problem {
            code: code.code(),
            message: text,
            dropped: *count,
        }
    }
}

/// What happened to the events, and what to do about it.
pub const fn explained(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Consent => ("consent is missing", "Call optIn() when there is consent"),
        Reason::Disabled => ("sending is disabled", "See disableEventSend"),
        Reason::BeforeSend => (
            "beforeSend threw or returned no event",
            "Return the event, or null to drop it",
        ),
        Reason::Identity => (
            "the identity changed before account and user were known",
            "Set both before another user comes",
        ),
        Reason::Overflow => (
            "more events wait than maxQueueBytes allows",
            "The least important went first",
        ),
        Reason::Rejected => ("the collector refused them", "See what it says"),
        Reason::TooLarge => (
            "the collector finds them too large, each alone",
            "Send fewer details",
        ),
    }
}

/// Why a collector is unreachable, as far as a page can find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnreachableCause {
    /// The page's Content-Security-Policy forbids the request.
    Policy,
    /// A page is returned instead of an answer.
    Page,
    /// The collector's address redirects.
    Redirect,
    /// The browser has no network.
    Offline,
    /// Something answers a request that needs no CORS headers.
    Cors,
    /// Nothing answers.
    Down,
}

impl UnreachableCause {
    /// Every cause.
    pub const ALL: [UnreachableCause; 6] = [
        UnreachableCause::Policy,
        UnreachableCause::Page,
        UnreachableCause::Redirect,
        UnreachableCause::Offline,
        UnreachableCause::Cors,
        UnreachableCause::Down,
    ];

    /// Its name in TypeScript.
    pub const fn name(self) -> &'static str {
        match self {
            UnreachableCause::Policy => "policy",
            UnreachableCause::Page => "page",
            UnreachableCause::Redirect => "redirect",
            UnreachableCause::Offline => "offline",
            UnreachableCause::Cors => "cors",
            UnreachableCause::Down => "down",
        }
    }

    /// The part of the message that names it.
    pub const fn text(self) -> &'static str {
        match self {
            UnreachableCause::Policy => {
                "the page's Content-Security-Policy has no connect-src for it"
            }
            UnreachableCause::Page => {
                "a page comes in place of its answer, as from a sign-in or a proxy"
            }
            UnreachableCause::Redirect => "it redirects (301, 308), perhaps to a sign-in page",
            UnreachableCause::Offline => "there is no network",
            UnreachableCause::Cors => "it answers without CORS headers for this page, or redirects",
            UnreachableCause::Down => "it is down, or something blocks it",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_reported_with_its_count_the_answer_and_what_to_do() {
        let loss = |count, status, message: &str| Loss {
            reason: Reason::Rejected,
            count,
            status,
            message: message.to_owned(),
        };
        let problem = Problem::of_loss(&loss(2, Some(422), "line 1: no action"));
        assert_eq!(problem.code, "rejected");
        assert_eq!(
            problem.message,
            "2 events were dropped: the collector refused them (422, line 1: no action). See what it says."
        );
        let problem = Problem::of_loss(&loss(1, Some(401), ""));
        assert_eq!(problem.code, "unauthorized");
        assert_eq!(
            problem.message,
            "1 event was dropped: the collector refused them (401). Check apiKey and authKey."
        );
    }
}
