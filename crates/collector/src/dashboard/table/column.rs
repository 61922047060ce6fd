//! The columns of a table: what they hold, and where they are shown.

use maud::Markup;

use crate::dashboard::value::Value;

type Read<'a, R> = Box<dyn Fn(&R) -> Value + 'a>;
type Show<'a, R> = Box<dyn Fn(&R) -> Markup + 'a>;

/// A column of a table.
pub(crate) struct Column<'a, R> {
    pub(super) key: String,
    pub(super) head: String,
    pub(super) is_number: bool,
    pub(super) meaning: Option<&'static str>,
    pub(super) read: Read<'a, R>,
    pub(super) show: Option<Show<'a, R>>,
    pub(super) class: Option<&'static str>,
    pub(super) is_only_in_csv: bool,
    pub(super) is_only_on_page: bool,
    pub(super) is_in_wide_windows: bool,
    pub(super) is_action: bool,
    pub(super) is_sorted_by: bool,
}

impl<'a, R> Column<'a, R> {
    fn new(key: &str, head: &str, is_number: bool, read: impl Fn(&R) -> Value + 'a) -> Self {
        Column {
            key: key.to_owned(),
            head: head.to_owned(),
            is_number,
            meaning: None,
            read: Box::new(read),
            show: None,
            class: None,
            is_only_in_csv: false,
            is_only_on_page: false,
            is_in_wide_windows: false,
            is_action: false,
            is_sorted_by: true,
        }
    }

    /// A column of texts.
    pub(crate) fn text(key: &str, head: &str, read: impl Fn(&R) -> Value + 'a) -> Self {
        Column::new(key, head, false, read)
    }

    /// A column of buttons for the row. It cannot be sorted and is not in CSV, and only
    /// screen readers announce its header.
    pub(crate) fn action(key: &str, head: &str, show: impl Fn(&R) -> Markup + 'a) -> Self {
        let mut column = Column::new(key, head, false, |_| Value::None)
            .shown(show)
            .class("action")
            .only_on_page();
        column.is_action = true;
        column.is_sorted_by = false;
        column
    }

    /// A column of numbers.
    pub(crate) fn number(key: &str, head: &str, read: impl Fn(&R) -> Value + 'a) -> Self {
        Column::new(key, head, true, read)
    }

    /// Shows the values in a custom way.
    pub(crate) fn shown(mut self, show: impl Fn(&R) -> Markup + 'a) -> Self {
        self.show = Some(Box::new(show));
        self
    }

    /// Explains what the values mean.
    pub(crate) fn meaning(mut self, meaning: &'static str) -> Self {
        self.meaning = Some(meaning);
        self
    }

    /// Hides the column from the page; CSV and the search still have it.
    pub(crate) fn only_in_csv(mut self) -> Self {
        self.is_only_in_csv = true;
        self
    }

    /// Shows the column on the page only under a condition. A program that reads CSV relies on
    /// the same columns whatever the data and the view. A table is not sorted by a column that
    /// its page leaves out.
    pub(crate) fn on_page_if(self, is_on_page: bool) -> Self {
        if is_on_page {
            return self;
        }
        Column {
            is_sorted_by: false,
            ..self.only_in_csv()
        }
    }

    /// Omits the column from CSV, which has other columns in its place.
    pub(crate) fn only_on_page(mut self) -> Self {
        self.is_only_on_page = true;
        self
    }

    /// Shows the column only where the window is wide.
    pub(crate) fn in_wide_windows(mut self) -> Self {
        self.is_in_wide_windows = true;
        self
    }

    /// The CSS class of its cells.
    pub(super) fn cell_class(&self) -> Option<String> {
        let number = self.is_number.then_some("n");
        let wide = self.is_in_wide_windows.then_some("in-wide");
        let classes: Vec<&str> = number.into_iter().chain(wide).chain(self.class).collect();
        (!classes.is_empty()).then(|| classes.join(" "))
    }

    /// Sets the CSS class of the cells.
    pub(crate) fn class(mut self, class: &'static str) -> Self {
        self.class = Some(class);
        self
    }
}
