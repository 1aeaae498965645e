//! Pages of lists, as GraphQL connections give them, and the way from one to the next.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::ask::unexpected;
use super::documents::Document;
use super::error::GitlabError;

/// The most pages of one list: GitLab lets an item have 5,000 children, and a page holds one at least.
const MOST_PAGES: usize = 5_000;

/// The way through the pages of one list, which leads neither back nor on without an end.
#[derive(Debug, Clone, Default)]
pub(super) struct Trail {
    seen: BTreeSet<String>,
    cursor: Option<String>,
}

impl Trail {
    /// The cursor of the page to ask for; `None` for the first.
    pub(super) fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Goes to the next page; answers whether there is one.
    ///
    /// # Errors
    /// It is one that was read before, or there is no end to them.
    pub(super) fn follow(
        &mut self,
        next: Option<String>,
        of: &Document,
    ) -> Result<bool, GitlabError> {
        let Some(next) = next else { return Ok(false) };
        if !self.seen.insert(next.clone()) {
            return Err(unexpected(of, "a page that leads back to one before it"));
        }
        if self.seen.len() > MOST_PAGES {
            return Err(unexpected(of, "a list without an end"));
        }
        self.cursor = Some(next);
        Ok(true)
    }
}

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
    /// which leads back to itself: a [`Trail`] refuses that rather than stop early.
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
