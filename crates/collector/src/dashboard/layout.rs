//! The frame of every page, and the elements that pages share.

use maud::{DOCTYPE, Markup, html};

use super::{assets, rights::Rights, view::View};

/// The entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavigationEntry {
    Accounts,
    Alerts,
    Events,
    Quality,
    Loss,
}

impl NavigationEntry {
    /// Whether somebody with these rights may open the page.
    fn is_shown(self, rights: &Rights) -> bool {
        match self {
            NavigationEntry::Accounts | NavigationEntry::Alerts => true,
            // These pages cover all accounts at once.
            NavigationEntry::Events | NavigationEntry::Quality | NavigationEntry::Loss => {
                rights.within.is_all()
            }
        }
    }
}

/// Each entry with its address, its label, and the part of the label that is hidden on a
/// narrow screen.
const NAVIGATION: [(NavigationEntry, &str, &str, &str); 5] = [
    (NavigationEntry::Accounts, "/", "Accounts", ""),
    (NavigationEntry::Alerts, "/alerts", "Alerts", ""),
    (NavigationEntry::Events, "/events", "Live", " events"),
    (NavigationEntry::Quality, "/quality", "Data", " quality"),
    (NavigationEntry::Loss, "/loss", "Loss", " report"),
];

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="robots" content="noindex";
            title { (title) " · Natero" }
            link rel="icon" type="image/svg+xml" href=(assets::address("icon.svg"));
            link rel="stylesheet" href=(assets::address("dashboard.css"));
            script defer src=(assets::address("dashboard.js")) {}
        }
    }
}

fn brand() -> Markup {
    html! {
        span .mark aria-hidden="true" {
            svg viewBox="0 0 20 20" width="20" height="20" {
                rect x="1" y="11" width="4" height="8" rx="1.5" {}
                rect x="8" y="6" width="4" height="13" rx="1.5" {}
                rect x="15" y="1" width="4" height="18" rx="1.5" {}
            }
        }
        span { "Natero" }
    }
}

/// Renders a page without navigation: the sign-in form and errors.
pub(crate) fn bare(title: &str, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body .bare {
                main .card {
                    p .brand { (brand()) }
                    (content)
                }
            }
        }
    }
}

/// Renders a page of the dashboard, with the account tree beside it. `view` is the view of
/// the page: the navigation keeps its period, and scripts use its address.
pub(crate) fn page(
    title: &str,
    open: Option<NavigationEntry>,
    view: &View,
    rights: &Rights,
    tree: Markup,
    content: Markup,
) -> Markup {
    let links = view.only_period();
    let shown = NAVIGATION
        .into_iter()
        .filter(|(of, ..)| of.is_shown(rights));
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a .skip href="#content" { "Skip to content" }
                header .top {
                    a .brand href=(links.at("/")) aria-label="Natero: all accounts" { (brand()) }
                    nav aria-label="Main" {
                        @for (of, address, words, wide) in shown {
                            a href=(links.at(address)) aria-current=[(Some(of) == open).then_some("page")] { (words) span .wide { (wide) } }
                        }
                    }
                    form method="post" action="/sign-out" {
                        button .quiet type="submit" { "Sign out" }
                    }
                }
                div .frame {
                    aside #accounts aria-label="Accounts" {
                        (tree)
                        a .close href="#content" { "Close" }
                    }
                    main #content tabindex="-1" {
                        // Announced by screen readers when a part of the page changes.
                        p #said .hidden role="status" {}
                        a .find href="#accounts" { "Find an account or a user" }
                        (content)
                    }
                }
            }
        }
    }
}

/// Renders an empty state: what would be shown here, and how to get there.
pub(crate) fn empty(title: &str, words: Markup) -> Markup {
    html! {
        div .empty {
            svg viewBox="0 0 48 32" width="48" height="32" aria-hidden="true" {
                rect x="2" y="20" width="8" height="10" rx="2" {}
                rect x="14" y="14" width="8" height="16" rx="2" {}
                rect x="26" y="8" width="8" height="22" rx="2" {}
                rect x="38" y="2" width="8" height="28" rx="2" {}
            }
            p .empty-title { (title) }
            p { (words) }
        }
    }
}

/// Renders a link that opens the filters of a list on a narrow screen, where they are closed
/// until one is set. It stands before the list, among the same elements.
pub(crate) fn filters_link() -> Markup {
    html! {
        p #filters .unfold { a .button href="#filters" { "Filter the accounts" } }
    }
}

/// Renders links to the previous and next page of a list. `name` tells screen readers which
/// list it is.
pub(crate) fn pager(
    name: &str,
    page: i64,
    limit: i64,
    total: i64,
    at: impl Fn(i64) -> String,
) -> Markup {
    let last = (total + limit - 1) / limit.max(1);
    html! {
        @if last > 1 {
            nav .pager aria-label={"Pages: " (name)} {
                @if page > 1 { a .button href=(at(page - 1)) rel="prev" { "Previous" } }
                span { "Page " (super::format::number(page)) " of " (super::format::number(last)) }
                @if page < last { a .button href=(at(page + 1)) rel="next" { "Next" } }
            }
        }
    }
}
