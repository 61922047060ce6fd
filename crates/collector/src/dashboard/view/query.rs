//! The query of an address: reads a view from it and writes a view into it.

use std::collections::BTreeMap;

use crate::{
    dashboard::{
        chart::choice::Metric,
        open_rows,
        period_choice::{NamedPeriod, PeriodChoice},
        selection::Selection,
        table::choice::TableChoice,
        view::{Scope, View},
    },
    model::{
        bars::Bars,
        calendar::{Day, TimeZone},
    },
    store::portfolio::ListLevel,
};

/// The value in an address that selects accounts without a dimension. No value there selects all.
pub(in crate::dashboard) const WITHOUT: &str = "=";

impl TryFrom<BTreeMap<String, String>> for View {
    type Error = &'static str;

    fn try_from(mut query: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        let mut view = View::default();
        for (name, value) in &query {
            if let Some(dimension) = name.strip_prefix("d.") {
                let wanted = match value.as_str() {
                    "" => continue,
                    WITHOUT => "",
                    value => value,
                };
                view.dimensions
                    .insert(dimension.to_owned(), wanted.to_owned());
            } else if !TableChoice::read(&mut view.tables, name, value) {
                view.ranges.read(name, value)?;
            }
        }
        let chosen = |name: &str| query.get(name).map(String::as_str);
        view.period = period(chosen("range"), chosen("from"), chosen("to"))?;
        view.time_zone = time_zone(chosen("tz"))?;
        view.scope = match chosen("rollup") {
            Some("false") => Scope::AccountAlone,
            None | Some(_) => Scope::Subtree,
        };
        view.level = chosen("level").and_then(ListLevel::named);
        view.with_deactivated = chosen("deactivated") == Some("true");
        view.metric = Metric::ALL
            .into_iter()
            .find(|metric| chosen("metric") == Some(metric.name()))
            .unwrap_or_default();
        view.bars = Bars::ALL
            .into_iter()
            .find(|bars| chosen("bars") == Some(bars.name()))
            .unwrap_or_default();
        view.open = chosen("open").map(open_rows::parse);
        view.toggle = chosen("toggle").map(open_rows::parse_path);
        view.csv = chosen("csv").map(str::to_owned);
        let mut name = |name: &str| match query.remove(&format!("f.{name}")) {
            // A form sends `=name`, to distinguish "without a name" from "all".
            Some(chosen) => chosen.strip_prefix('=').map(str::to_owned),
            None => query.remove(name),
        };
        view.selection = Selection::of(name("product"), name("module"), name("feature"));
        Ok(view)
    }
}

fn period(
    range: Option<&str>,
    from: Option<&str>,
    to: Option<&str>,
) -> Result<PeriodChoice, &'static str> {
    if from.is_some() || to.is_some() {
        return Ok(PeriodChoice::Days {
            from: day(from)?,
            to: day(to)?,
        });
    }
    match range {
        None => Ok(PeriodChoice::Default),
        Some(range) => NamedPeriod::ALL
            .into_iter()
            .find(|named| named.name() == range)
            .map(PeriodChoice::Named)
            .ok_or("range is 7d, 28d, 90d, 365d or all"),
    }
}

fn time_zone(name: Option<&str>) -> Result<Option<TimeZone>, &'static str> {
    match name {
        None | Some("") => Ok(None),
        Some(name) => name
            .parse()
            .map(Some)
            .map_err(|_| "the time zone (tz) is an IANA name, such as America/New_York"),
    }
}

fn day(text: Option<&str>) -> Result<Option<Day>, &'static str> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => text
            .parse()
            .map(Some)
            .map_err(|_| "from and to are days such as 2024-05-01"),
    }
}

impl View {
    /// The parameters of the view. Defaults are omitted.
    pub(crate) fn query(&self) -> Vec<(String, String)> {
        let mut query: Vec<(String, String)> = Vec::new();
        let mut add = |name: &str, value: Option<&str>| {
            query.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        match self.period {
            PeriodChoice::Default => {}
            PeriodChoice::Named(named) => add("range", Some(named.name())),
            PeriodChoice::Days { from, to } => {
                add("from", Some(&day(from)));
                add("to", Some(&day(to)));
            }
        }
        add("tz", self.time_zone.as_ref().map(TimeZone::name));
        match self.scope {
            Scope::Subtree => {}
            Scope::AccountAlone => add("rollup", Some("false")),
        }
        add("product", self.selection.product());
        add("module", self.selection.module());
        add("feature", self.selection.feature());
        add("level", self.level.map(ListLevel::name));
        add("deactivated", self.with_deactivated.then_some("true"));
        let is_usual = self.metric == Metric::default();
        add("metric", (!is_usual).then(|| self.metric.name()));
        let is_usual = self.bars == Bars::default();
        add("bars", (!is_usual).then(|| self.bars.name()));
        add("open", self.open.as_ref().map(open_rows::text).as_deref());
        let toggle = self.toggle.as_deref().map(open_rows::path_text);
        add("toggle", toggle.as_deref());
        for (name, value) in &self.dimensions {
            let value = if value.is_empty() { WITHOUT } else { value };
            add(&format!("d.{name}"), Some(value));
        }
        for (name, value) in self.ranges.query() {
            add(&name, Some(&value));
        }
        for (id, choice) in &self.tables {
            for (name, value) in choice.query(id) {
                add(&name, Some(&value));
            }
        }
        add("csv", self.csv.as_deref());
        query
    }
}

#[cfg(test)]
mod tests {
    use axum::{extract::Query, http::Uri};

    use super::*;
    use crate::dashboard::table::choice::Sort;

    fn parse(address: &str) -> Result<View, String> {
        let uri: Uri = address.parse().unwrap();
        Query::<View>::try_from_uri(&uri)
            .map(|Query(view)| view)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_view_is_written_without_defaults_and_reads_back() {
        let view = View {
            period: PeriodChoice::Named(NamedPeriod::Week),
            selection: Selection::Module {
                product: Some(String::new()),
                module: "a&b".into(),
            },
            ..View::default()
        };
        assert_eq!(view.at("/x"), "/x?range=7d&product=&module=a%26b");
        assert_eq!(View::default().at("/x"), "/x");
        assert_eq!(view.only_period().at("/x?parent=1"), "/x?parent=1&range=7d");
        for address in [
            "/x?range=all&rollup=false&page.users=3",
            "/x?from=2024-05-01&to=2024-05-03&product=p&feature=f",
            "/x?from=&to=",
            "/x?range=7d&tz=America%2FNew_York&product=p",
            "/x?module=m&metric=users&bars=week&open=a%2Ca%2Fb",
            "/x?d.tier=gold&from.d.renewal_date=2025-05-01&within.d.renewal_date=60&to.mrr=99.5",
            "/x?level=all&deactivated=true&d.tier=gold&sort.accounts=-uses&find.accounts=z%C3%BC&csv=accounts",
        ] {
            assert_eq!(parse(address).unwrap().at("/x"), address);
        }
    }

    #[test]
    fn a_form_tells_all_from_without_a_name() {
        for (address, selection) in [
            ("/x?f.product=", Selection::All),
            ("/x?f.product=%3D", Selection::Product(String::new())),
            (
                "/x?f.product=%3Dp&product=old",
                Selection::Product("p".into()),
            ),
        ] {
            assert_eq!(parse(address).unwrap().selection, selection, "{address}");
        }
    }

    #[test]
    fn a_change_of_the_period_leads_to_the_first_pages_and_keeps_all_else() {
        let view = parse("/x?range=7d&page.a=3&sort.a=-uses&metric=users&open=p").unwrap();
        assert_eq!(view.table("a").sort, Some(Sort::down("uses")));
        let kept: Vec<_> = view.query_without_period();
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["metric", "open", "sort.a"]);
    }

    #[test]
    fn a_view_has_only_periods_that_exist() {
        assert!(parse("/x?range=1y").unwrap_err().contains("range is 7d"));
        assert!(parse("/x?from=soon").unwrap_err().contains("from and to"));
        assert!(parse("/x?tz=Mars").unwrap_err().contains("(tz) is an IANA"));
        assert!(parse("/x?to.mrr=much").unwrap_err().contains("or numbers"));
        // Invalid values of other parameters fall back to the defaults.
        let odd = parse("/x?page.a=-2&metric=x&rollup=1&level=9").unwrap();
        assert_eq!(odd.at("/x"), "/x");
    }
}
