//! An item with what its marker says. Must not know whose item it is.

use std::ops::Deref;
use std::sync::Arc;

use crate::marker::{self, Reading};
use crate::tree::Item;

/// An item whose marker was read: once, however many tools look at it.
#[derive(Debug)]
pub struct Met {
    item: Item,
    says: Reading,
}

impl Met {
    /// What its marker says.
    #[must_use]
    pub fn says(&self) -> &Reading {
        &self.says
    }
}

impl From<Item> for Met {
    fn from(item: Item) -> Self {
        let says = marker::read(&item.description).marker;
        Self { item, says }
    }
}

impl From<Item> for Arc<Met> {
    fn from(item: Item) -> Self {
        Self::new(item.into())
    }
}

impl Deref for Met {
    type Target = Item;

    fn deref(&self) -> &Item {
        &self.item
    }
}
