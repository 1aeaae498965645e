//! Pages of lists, as GraphQL connections give them.

use serde::Deserialize;

/// The most pages of one list that are read: twenty thousand entries, more than GitLab lets hang
/// below one item, so that a list without an end comes to one.
pub(super) const MAX_PAGES: usize = 200;

/// Why a list is not read any further.
pub(super) const ENDLESS: &str = "a list that does not end";

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", bound = "T: Deserialize<'de>")]
pub(super) struct Connection<T> {
    nodes: Option<Vec<Option<T>>>,
    page_info: Option<PageInfo>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: Option<bool>,
    end_cursor: Option<String>,
}

impl<T> Connection<T> {
    /// Whether there is more than this page.
    pub(super) fn more(&self) -> bool {
        self.page_info.as_ref().and_then(|page| page.has_next_page) == Some(true)
    }

    /// The entries of the page, and the cursor of the next.
    ///
    /// A page that says there is more but not where gets the empty cursor,
    /// which leads to itself: readers refuse that rather than stop early.
    pub(super) fn into_page(self) -> (Vec<T>, Option<String>) {
        let more = self.more();
        let cursor =
            more.then(|| self.page_info.and_then(|page| page.end_cursor).unwrap_or_default());
        (self.nodes.unwrap_or_default().into_iter().flatten().collect(), cursor)
    }
}

/// The entries of a page that may be absent.
pub(super) fn entries<T>(page: Option<Connection<T>>) -> Vec<T> {
    page.map(|page| page.into_page().0).unwrap_or_default()
}
