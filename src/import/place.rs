//! Which item is which node: by marker, then by title and place, then by what comes near.

use std::collections::{BTreeMap, BTreeSet};

use super::Ask;
use super::draft::{At, Draft};
use super::items::Items;
use super::names::{alike, nearly};
use super::shape::{Above, Named, Shape};
use super::write::{called, clean};
use crate::tree::{Item, WorkItemId};

/// How many letters of a title must be the blueprint's to tell what the item is.
const TELLING: usize = 5;

/// The tool file so far, and which item is which node of it.
pub(super) struct Placed<'a> {
    pub(super) draft: Draft,
    /// The item of each node, by the key without the tool's id.
    pub(super) nodes: BTreeMap<String, &'a Item>,
    /// The node of each entry that is one.
    pub(super) keys: BTreeMap<At, String>,
    /// Guesses about nodes that are no entries.
    pub(super) doubts: BTreeMap<String, String>,
    /// Why an item is named by its reference, by the key of its node.
    pub(super) why: BTreeMap<String, String>,
    /// Whether the tool's name is a guess.
    pub(super) name_guessed: bool,
    /// Guesses about keys of the tool.
    pub(super) tool_doubts: BTreeMap<String, String>,
}

/// Places all items that can be placed.
pub(super) fn place<'a>(
    ask: &Ask<'_>,
    shapes: &[Shape],
    items: &Items<'a>,
    (name, name_guessed): (String, bool),
) -> Placed<'a> {
    let mut draft = Draft::default();
    let name = clean(&name);
    let made = crate::key::slug(&name);
    let id = items.tool.clone().or_else(|| ask.id.map(str::to_owned)).unwrap_or(made);
    let id = if crate::key::is_id(&id) { id } else { "tool".to_owned() };
    draft.tool.insert("id".into(), toml::Value::String(id));
    draft.tool.insert("name".into(), toml::Value::String(name.clone()));
    draft.tool.insert("summary".into(), toml::Value::String("…".into()));
    let known: Vec<Shape> = shapes.iter().map(|shape| shape.knowing(&name)).collect();
    let mut work = Work {
        shapes: &known,
        unknowing: shapes,
        items,
        taken: BTreeMap::new(),
        entry_of: BTreeMap::new(),
        placed: Placed {
            draft,
            nodes: BTreeMap::new(),
            keys: BTreeMap::new(),
            doubts: BTreeMap::new(),
            why: BTreeMap::new(),
            name_guessed,
            tool_doubts: BTreeMap::new(),
        },
    };
    work.marked();
    work.first();
    work.entries();
    work.titled(true);
    work.titled(false);
    work.near();
    work.otherwise();
    work.labelled();
    work.titled(false);
    work.below();
    work.placed
}

struct Work<'w, 'a> {
    shapes: &'w [Shape],
    /// The shapes with a hole for the tool's name.
    unknowing: &'w [Shape],
    items: &'w Items<'a>,
    /// The node of each item that has one.
    taken: BTreeMap<WorkItemId, String>,
    /// The entry of each node that is one.
    entry_of: BTreeMap<String, At>,
    placed: Placed<'a>,
}

impl<'a> Work<'_, 'a> {
    fn free(&self) -> Vec<&'a Item> {
        self.items.unmarked().filter(|item| !self.taken.contains_key(&item.id)).collect()
    }

    fn take(&mut self, key: &str, item: &'a Item) {
        self.taken.insert(item.id.clone(), key.to_owned());
        self.placed.nodes.insert(key.to_owned(), item);
    }

    /// Notes which entry a node is.
    fn keep(&mut self, at: At, key: &str) {
        self.entry_of.insert(key.to_owned(), at.clone());
        self.placed.keys.insert(at, key.to_owned());
    }

    /// The key of the node that an item hangs under.
    fn parent_key(&self, item: &Item) -> Option<&str> {
        self.taken.get(item.parent.as_ref()?).map(String::as_str)
    }

    /// Items whose marker says which node they are; their titles name the entries.
    fn marked(&mut self) {
        let items = self.items;
        for seen in &items.all {
            let Some((key, base)) = &seen.ours else { continue };
            // A description was pasted, marker and all.
            if self.placed.nodes.contains_key(key) {
                continue;
            }
            let of = |shape: &Shape| Some((shape.holes(), shape.entries_of(key)?));
            let found = self.shapes.iter().filter_map(|shape| Some((of(shape)?, shape)));
            let Some(((_, entries), shape)) = found.min_by_key(|((holes, _), _)| *holes) else {
                continue;
            };
            let title = base.title.as_deref().unwrap_or(&seen.item.title);
            let variants = self.shapes.iter().filter(|other| other.key == shape.key);
            let names = variants.filter_map(|shape| shape.names_in(title)).next();
            for at in &entries {
                self.placed.draft.make(at);
            }
            for named in names.unwrap_or_default() {
                let (at, name) = match named {
                    Named::Tool(_) => continue,
                    Named::Entry(list, name) => {
                        (entries.iter().find(|at| at.list == list && at.issue.is_none()), name)
                    }
                    Named::Issue(name) => (entries.iter().find(|at| at.issue.is_some()), name),
                };
                let Some(at) = at else { continue };
                // An entry's own title knows its name best.
                let own = shape.entry.as_ref().is_some_and(|list| is_of(at, list));
                let keys = &mut self.placed.draft.make(at).keys;
                if own || !keys.contains_key(at.name_key()) {
                    // Anybody may edit a marker.
                    let name = toml::Value::String(called(&name, seen.item));
                    keys.insert(at.name_key().to_owned(), name);
                }
            }
            if let Some(list) = &shape.entry
                && let Some(at) = entries.iter().find(|at| is_of(at, list))
            {
                self.keep(at.clone(), key);
            }
            self.take(key, seen.item);
        }
        for at in self.placed.draft.places() {
            let name = at.issue.as_ref().unwrap_or(&at.id).replace('-', " ");
            let keys = &mut self.placed.draft.make(&at).keys;
            keys.entry(at.name_key().to_owned()).or_insert(toml::Value::String(name));
        }
    }

    /// The first item is the first node, whatever its title.
    fn first(&mut self) {
        if let Some(first) = self.shapes.iter().find(|shape| shape.first)
            && !self.placed.nodes.contains_key(&first.key)
            && self.items.all[0].ours.is_none()
        {
            let key = first.key.clone();
            self.take(&key, self.items.top());
        }
    }

    /// Entries that their titles name, wherever they hang.
    fn entries(&mut self) {
        for item in self.free() {
            let shapes = self.shapes.iter().filter(|shape| is_entry(shape, item));
            let named = shapes.filter(|shape| shape.letters >= TELLING).find_map(|shape| {
                let name = shape.names_in(&item.title)?.into_iter().find_map(|named| match named {
                    Named::Entry(_, name) => Some(name),
                    Named::Tool(_) | Named::Issue(_) => None,
                });
                Some((shape, name?))
            });
            if let Some((shape, name)) = named {
                let twin = self.named(shape.entry.as_deref().unwrap_or_default(), &name);
                match twin {
                    None => self.entry(shape, &name, item, None),
                    // Known from another node only.
                    Some(at) if !self.placed.keys.contains_key(&at) => self.own(shape, at, item),
                    Some(_) => {}
                }
            }
        }
    }

    fn entry(&mut self, shape: &Shape, name: &str, item: &'a Item, doubt: Option<String>) {
        let Some(list) = &shape.entry else { return };
        let id = self.placed.draft.fresh(list, None, name);
        let at = At::entry(list, &id);
        let entry = self.placed.draft.make(&at);
        entry.doubt = doubt;
        entry.keys.insert("name".into(), toml::Value::String(called(name, item)));
        self.own(shape, at, item);
    }

    /// Gives an entry its own item.
    fn own(&mut self, shape: &Shape, at: At, item: &'a Item) {
        let key = shape.fill(&shape.key, std::slice::from_ref(&at));
        self.keep(at, &key);
        self.take(&key, item);
    }

    /// The entry of a list with a name; letters may be small where the title has them so.
    fn named(&self, list: &str, name: &str) -> Option<At> {
        let entries = self.placed.draft.lists.get(list)?;
        let is = |entry: &&super::draft::Entry| {
            let known = entry.keys.get("name").and_then(toml::Value::as_str);
            known.is_some_and(|known| known == name || known.to_lowercase() == name)
        };
        entries.iter().find(is).map(|entry| At::entry(list, &entry.id))
    }

    /// Nodes that are no entries, by their very titles: under the wanted parent, or anywhere.
    fn titled(&mut self, in_place: bool) {
        for item in self.free() {
            let shapes =
                self.shapes.iter().filter(|s| s.entry.is_none() && Some(s.kind) == item.kind);
            let mut found = shapes.filter_map(|shape| {
                let names = shape.names_in(&item.title)?;
                let mut entries = Vec::new();
                for named in names {
                    match named {
                        Named::Tool(_) => {}
                        Named::Entry(list, name) => entries.push(self.named(&list, &name)?),
                        Named::Issue(_) => return None,
                    }
                }
                let whole = shape.lists().iter().all(|l| entries.iter().any(|at| at.list == **l));
                let key = shape.fill(&shape.key, &entries);
                let above = match &shape.above {
                    Above::Node(above) => Some(shape.fill(above, &entries)),
                    Above::Nothing | Above::Item(_) => None,
                };
                let stands = above.as_deref() == self.parent_key(item);
                let free = whole && !self.placed.nodes.contains_key(&key);
                (free && (stands || !in_place)).then_some((shape.holes(), key))
            });
            let first = found.next();
            let best = found.chain(first).min_by_key(|(holes, _)| *holes);
            if let Some((_, key)) = best {
                self.take(&key, item);
            }
        }
    }

    /// Titles with a slip, under the wanted parent.
    fn near(&mut self) {
        for item in self.free() {
            let Some(parent) = self.parent_key(item).map(str::to_owned) else { continue };
            let mut best: Option<(f64, String, String)> = None;
            for shape in
                self.shapes.iter().filter(|s| s.entry.is_none() && Some(s.kind) == item.kind)
            {
                for (key, title, above) in self.expected(shape) {
                    let free = above == parent && !self.placed.nodes.contains_key(&key);
                    let Some(how) = alike(&title, &item.title).filter(|_| free) else { continue };
                    if best.as_ref().is_none_or(|(most, ..)| how > *most) {
                        best = Some((how, key, title));
                    }
                }
            }
            if let Some((_, key, title)) = best {
                let doubt = format!("nearly `{}`", clean(&title));
                self.placed.doubts.insert(key.clone(), doubt);
                self.take(&key, item);
                continue;
            }
            let shapes = self.shapes.iter().filter(|shape| is_entry(shape, item));
            let mut shapes = shapes.filter(|s| s.letters >= TELLING && self.hangs(s, &parent));
            let named = shapes.find_map(|shape| Some((shape, nearly(&shape.title, &item.title)?)));
            if let Some((shape, name)) = named {
                let title = shape.titled(shape.entry.as_deref().unwrap_or_default(), &name);
                let doubt = format!("nearly `{}`", clean(&title.unwrap_or_default()));
                self.entry(shape, &name, item, Some(doubt));
            }
        }
    }

    /// Entries whose titles call the tool something else.
    fn otherwise(&mut self) {
        for item in self.free() {
            let shapes = self.unknowing.iter().filter(|shape| is_entry(shape, item));
            let named = shapes.filter(|shape| shape.letters >= TELLING).find_map(|shape| {
                let named = shape.names_in(&item.title)?.into_iter();
                let mut entry = named.filter_map(|named| match named {
                    Named::Entry(_, name) => Some(name),
                    Named::Tool(_) | Named::Issue(_) => None,
                });
                Some((shape, entry.next()?))
            });
            if let Some((shape, name)) = named
                && self.named(shape.entry.as_deref().unwrap_or_default(), &name).is_none()
            {
                let doubt = "its title calls the tool something else".to_owned();
                self.entry(shape, &name, item, Some(doubt));
            }
        }
    }

    /// The keys and titles that a shape has for the entries known, with what they hang under.
    fn expected(&self, shape: &Shape) -> Vec<(String, String, String)> {
        let Above::Node(above) = &shape.above else { return Vec::new() };
        let lists = shape.lists();
        let [list] = lists.as_slice() else {
            let title = shape.title.fixed().filter(|_| lists.is_empty());
            return title
                .map(|t| (shape.key.clone(), t.to_owned(), above.clone()))
                .into_iter()
                .collect();
        };
        let entries = self.placed.draft.lists.get(*list).into_iter().flatten();
        let one = |entry: &super::draft::Entry| {
            let name = entry.keys.get("name")?.as_str()?;
            let at = [At::entry(list, &entry.id)];
            let title = shape.titled(list, name)?;
            Some((shape.fill(&shape.key, &at), title, shape.fill(above, &at)))
        };
        entries.filter_map(one).collect()
    }

    fn hangs(&self, shape: &Shape, parent: &str) -> bool {
        matches!(&shape.above, Above::Node(above) if above == parent)
    }

    /// Entries that only their place and their labels tell.
    fn labelled(&mut self) {
        for item in self.free() {
            let Some(parent) = self.parent_key(item).map(str::to_owned) else { continue };
            let share = |shape: &Shape| {
                let has = |title: &&String| item.labels.iter().any(|label| label.title == **title);
                let found = shape.labels.iter().filter(has).count();
                (2 * found >= shape.labels.len() && found > 0).then_some(found)
            };
            let shapes = self.shapes.iter().filter(|s| is_entry(s, item) && self.hangs(s, &parent));
            let mut best: Option<(usize, &Shape)> = None;
            let mut others = BTreeSet::new();
            for shape in shapes {
                let Some(found) = share(shape) else { continue };
                others.extend(shape.entry.clone());
                if best.is_none_or(|(most, _)| found > most) {
                    best = Some((found, shape));
                }
            }
            let Some((_, shape)) = best else { continue };
            others.remove(shape.entry.as_deref().unwrap_or_default());
            let others: Vec<String> = others.into_iter().collect();
            let doubt = match others.is_empty() {
                true => "guessed from its place and labels".to_owned(),
                false => {
                    format!("or a [[{}]]: only its place and labels tell", others.join("]] or [["))
                }
            };
            self.entry(shape, &item.title, item, Some(doubt));
        }
    }

    /// All else goes below the nearest entry above it, as an issue of that entry.
    fn below(&mut self) {
        for item in self.free() {
            let mut above = self.items.parent(item);
            let mut steps = 0;
            let nearest = loop {
                let Some(seen) = above.filter(|_| steps < 16) else { break None };
                if let Some(key) = self.taken.get(&seen.item.id) {
                    break self.entry_of.get(key).cloned();
                }
                above = self.items.parent(seen.item);
                steps += 1;
            };
            let Some(at) = nearest.filter(|at| at.issue.is_none()) else { continue };
            let list = format!("{}.issue", at.list);
            let key_of = self.placed.keys.get(&at).cloned();
            let fits = |shape: &&Shape| {
                let here = matches!(&shape.above, Above::Node(above)
                    if Some(shape.fill(above, std::slice::from_ref(&at))) == key_of);
                shape.entry.as_ref() == Some(&list) && Some(shape.kind) == item.kind && here
            };
            let Some(shape) = self.shapes.iter().find(fits) else { continue };
            let id = self.placed.draft.fresh(&at.list, Some(&at), &item.title);
            let issue = at.issue(&id);
            let title = toml::Value::String(called(&item.title, item));
            self.placed.draft.make(&issue).keys.insert("title".into(), title);
            let key = shape.fill(&shape.key, &[issue.clone(), at.clone()]);
            self.keep(issue, &key);
            self.take(&key, item);
        }
    }
}

/// Tells whether a shape is an entry of the kind that an item is.
fn is_entry(shape: &Shape, item: &Item) -> bool {
    let own = shape.entry.as_deref().is_some_and(|list| !list.contains('.'));
    own && Some(shape.kind) == item.kind
}

/// Tells whether an entry is of a list, `functionality` or `functionality.issue`.
fn is_of(at: &At, list: &str) -> bool {
    match list.split_once('.') {
        Some((list, _)) => at.list == list && at.issue.is_some(),
        None => at.list == list && at.issue.is_none(),
    }
}
