//! What is around every page.

use maud::{DOCTYPE, Markup, html};

use super::assets;

/// Which page of the navigation is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Accounts,
    Events,
    Loss,
}

/// Place, address, its name, and what a narrow screen leaves out of that.
const PLACES: [(Place, &str, &str, &str); 3] = [
    (Place::Accounts, "/", "Accounts", ""),
    (Place::Events, "/events", "Live", " events"),
    (Place::Loss, "/loss", "Loss", " report"),
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
            link rel="stylesheet" href=(assets::address("uplot.css"));
            link rel="stylesheet" href=(assets::address("dashboard.css"));
            script defer src=(assets::address("uplot.js")) {}
            script defer src=(assets::address("chart.js")) {}
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

/// A page in the middle of nothing: signing in, and errors.
pub(super) fn bare(title: &str, content: Markup) -> Markup {
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

/// A page of the dashboard, with the tree of accounts beside it.
pub(super) fn page(title: &str, place: Place, tree: Markup, content: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title))
            body {
                a .skip href="#content" { "Skip to content" }
                header .top {
                    a .brand href="/" { (brand()) }
                    nav aria-label="Main" {
                        @for (of, address, words, wide) in PLACES {
                            a href=(address) aria-current=[(of == place).then_some("page")] { (words) span .wide { (wide) } }
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
                        a .find href="#accounts" { "Find an account" }
                        (content)
                        footer .foot {
                            p { "Days and times are those of UTC." }
                        }
                    }
                }
            }
        }
    }
}

/// What a column of a table holds, and its head.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    Text(&'static str),
    Number(&'static str),
}

/// A table in a frame that scrolls sideways where it is too wide. `name` says to
/// those who do not see it what is in it, `rows` is its body.
pub(super) fn table(name: &str, class: Option<&str>, columns: &[Column], rows: Markup) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(name) {
            table class=[class] {
                thead { tr {
                    @for column in columns {
                        @match column {
                            Column::Text(head) => th scope="col" { (head) },
                            Column::Number(head) => th .n scope="col" { (head) },
                        }
                    }
                } }
                (rows)
            }
        }
    }
}

/// What is shown where there is nothing to show: what it would be, and how to
/// get it.
pub(super) fn empty(title: &str, words: Markup) -> Markup {
    html! {
        div .empty {
            svg viewBox="0 0 48 32" width="48" height="32" aria-hidden="true" {
                rect x="2" y="20" width="8" height="10" rx="2" {}
                rect x="14" y="14" width="8" height="16" rx="2" {}
                rect x="26" y="8" width="8" height="22" rx="2" {}
                rect x="38" y="2" width="8" height="28" rx="2" {}
            }
            h3 { (title) }
            p { (words) }
        }
    }
}

/// Links to the pages before and after one of a list.
pub(super) fn pager(page: i64, limit: i64, total: i64, at: impl Fn(i64) -> String) -> Markup {
    let last = (total + limit - 1) / limit.max(1);
    html! {
        @if last > 1 {
            nav .pager aria-label="Pages" {
                @if page > 1 { a .button href=(at(page - 1)) rel="prev" { "Previous" } }
                span { "Page " (super::format::number(page)) " of " (super::format::number(last)) }
                @if page < last { a .button href=(at(page + 1)) rel="next" { "Next" } }
            }
        }
    }
}
