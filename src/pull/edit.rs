//! Edits of a tool file: one key gets another value or goes, and every other byte stays.
//!
//! Text in, text out. Knows TOML, and nothing of what the keys mean.

use toml_edit::{Array, DocumentMut, Formatted, Item, TableLike, Value as Toml};

use crate::source::Value;

/// One step from a table to what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The value of a key.
    Key(String),
    /// The table at a place of a list.
    At(usize),
}

/// Where a key stands in a tool file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path of a table of the file's own, such as `[tool]`.
    #[must_use]
    pub fn table(name: &str) -> Self {
        Self(vec![Step::Key(name.to_owned())])
    }

    /// The path of a key below it.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.then(Step::Key(name.to_owned()))
    }

    /// The path of a table in the list below it.
    #[must_use]
    pub fn at(&self, place: usize) -> Self {
        self.then(Step::At(place))
    }

    fn then(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The name of the key itself.
    #[must_use]
    pub fn name(&self) -> &str {
        match self.0.last() {
            Some(Step::Key(name)) => name,
            Some(Step::At(_)) | None => "",
        }
    }
}

/// One key that gets another value.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// Which key.
    pub path: Path,
    /// Its value from now on; `None` takes the key out.
    pub value: Option<Value>,
}

/// Applies edits to the text of a tool file; `None` where it has no such table, or is written in a
/// way that could not be kept.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let form = Form::of(text);
    let mut document: DocumentMut = form.body.parse().ok()?;
    if document.to_string() != form.body {
        return None;
    }
    for edit in edits {
        let (last, steps) = edit.path.0.split_last()?;
        let Step::Key(name) = last else { return None };
        let table = table_at(document.as_table_mut(), steps)?;
        match &edit.value {
            Some(value) => set(table, name, value)?,
            None => take_out(table, name)?,
        }
    }
    Some(form.restore(&document.to_string()))
}

/// What a file has beside its TOML: a mark before it, its line ends, an end without one.
struct Form {
    mark: &'static str,
    crlf: bool,
    open_end: bool,
    body: String,
}

impl Form {
    fn of(text: &str) -> Self {
        let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
        let lines = bare.matches('\n').count();
        let crlf = lines > 0 && bare.matches("\r\n").count() == lines;
        let mut body = if crlf { bare.replace("\r\n", "\n") } else { bare.to_owned() };
        let open_end = !body.ends_with('\n');
        if open_end {
            body.push('\n');
        }
        let mark = if bare.len() < text.len() { "\u{feff}" } else { "" };
        Self { mark, crlf, open_end, body }
    }

    fn restore(&self, body: &str) -> String {
        let body = body.strip_suffix('\n').filter(|_| self.open_end).unwrap_or(body);
        let body = if self.crlf { body.replace('\n', "\r\n") } else { body.to_owned() };
        format!("{}{body}", self.mark)
    }
}

fn table_at<'t>(table: &'t mut dyn TableLike, steps: &[Step]) -> Option<&'t mut dyn TableLike> {
    let (Step::Key(name), rest) = (match steps.split_first() {
        None => return Some(table),
        Some(first) => first,
    }) else {
        return None;
    };
    let item = table.get_mut(name)?;
    match (rest.split_first(), item) {
        (Some((Step::At(place), rest)), Item::ArrayOfTables(all)) => {
            table_at(all.get_mut(*place)?, rest)
        }
        (Some((Step::At(place), rest)), Item::Value(Toml::Array(all))) => {
            table_at(all.get_mut(*place)?.as_inline_table_mut()?, rest)
        }
        (Some((Step::At(_), _)), _) => None,
        (_, item) => table_at(item.as_table_like_mut()?, rest),
    }
}

fn set(table: &mut dyn TableLike, name: &str, value: &Value) -> Option<()> {
    match table.get_mut(name) {
        Some(Item::Value(Toml::Array(old))) => {
            if let Value::Array(items) = value {
                let items: Option<Vec<Toml>> = items.iter().map(|at| toml(&at.value)).collect();
                mend_list(old, items?);
                return Some(());
            }
            replace(table.get_mut(name)?, toml(value)?)
        }
        Some(old) => replace(old, toml(value)?),
        None => add(table, name, value),
    }
}

/// Puts a key behind the others of its table, as far in as they are.
fn add(table: &mut dyn TableLike, name: &str, value: &Value) -> Option<()> {
    let last = table.iter().filter(|(_, item)| item.is_value()).last();
    let key = last.and_then(|(name, _)| table.key(name));
    let prefix = key.and_then(|key| key.leaf_decor().prefix()).and_then(|raw| raw.as_str());
    let indent = prefix.map(|prefix| prefix.rsplit('\n').next().unwrap_or_default().to_owned());
    table.insert(name, Item::Value(toml(value)?));
    if let (Some(indent), Some(mut key)) = (indent, table.key_mut(name)) {
        key.leaf_decor_mut().set_prefix(indent);
    }
    Some(())
}

/// Puts a value where another stood, with the blanks and comments around it.
fn replace(old: &mut Item, new: Toml) -> Option<()> {
    let old = old.as_value_mut()?;
    let mut new = like(old, new);
    *new.decor_mut() = old.decor().clone();
    *old = new;
    Some(())
}

/// A text of many lines that ended with a line end goes on doing so.
fn like(old: &Toml, new: Toml) -> Toml {
    match (old.as_str(), new.as_str()) {
        (Some(old), Some(text)) if old.ends_with('\n') && text.contains('\n') => {
            Toml::String(Formatted::new(format!("{}\n", text.trim_end_matches('\n'))))
        }
        _ => new,
    }
}

/// Changes what differs in a list: an item that stands for another takes its place, a new one is
/// laid out as its neighbours, and a comment stays when the item behind it goes.
fn mend_list(old: &mut Array, new: Vec<Toml>) {
    let same = |old: &Toml, new: &Toml| plain(old) == plain(new);
    let first = old.iter().zip(&new).take_while(|(old, new)| same(old, new)).count();
    let most = old.len().min(new.len()) - first;
    let end = |n: usize| old.get(old.len() - 1 - n).zip(new.get(new.len() - 1 - n));
    let last = (0..most).take_while(|n| end(*n).is_some_and(|(old, new)| same(old, new))).count();
    let head = old.get(0).map(blanks).unwrap_or_default();
    let next = old.get(1).map(blanks);
    let next = next.unwrap_or_else(|| if head.contains('\n') { head.clone() } else { " ".into() });
    let end = new.len() - last;
    for _ in new.len()..old.len() {
        drop_item(old, end);
    }
    let replaced = old.len() - last;
    for (at, value) in new.into_iter().enumerate().take(end).skip(first) {
        if at < replaced {
            old.replace(at, value);
            continue;
        }
        let remark = take_remark(old, at);
        let blanks = if at == 0 { &head } else { &next };
        old.insert_formatted(at, value.decorated(format!("{remark}{blanks}"), ""));
    }
    lay_out(old, &head, &next);
}

/// The blanks before an item, from the last line end on, without comments.
fn blanks(item: &Toml) -> String {
    let prefix = prefix_of(item);
    prefix.rfind('\n').map_or_else(|| prefix.to_owned(), |at| prefix[at..].to_owned())
}

fn prefix_of(item: &Toml) -> &str {
    item.decor().prefix().and_then(|raw| raw.as_str()).unwrap_or_default()
}

/// Takes a comment away that stands behind an item, on its line, from before the next.
fn take_remark(list: &mut Array, next: usize) -> String {
    let rest = between(list, next);
    let Some(end) = rest.find('\n').filter(|end| rest[..*end].contains('#')) else {
        return String::new();
    };
    set_between(list, next, &rest[end..]);
    rest[..end].to_owned()
}

/// Takes an item out; a comment before it stays.
fn drop_item(list: &mut Array, at: usize) {
    let prefix = prefix_of(&list.remove(at)).to_owned();
    if let Some(end) = prefix.rfind('\n').filter(|_| prefix.contains('#')) {
        let both = format!("{}{}", &prefix[..end], between(list, at));
        set_between(list, at, &both);
    }
}

/// What stands before an item, or before the end of the list.
fn between(list: &Array, at: usize) -> String {
    match list.get(at) {
        Some(item) => prefix_of(item).to_owned(),
        None => list.trailing().as_str().unwrap_or_default().to_owned(),
    }
}

fn set_between(list: &mut Array, at: usize, blanks: &str) {
    match list.get_mut(at) {
        Some(item) => item.decor_mut().set_prefix(blanks),
        None => list.set_trailing(blanks),
    }
}

/// The first item of a list stands as the first one did, and no other right behind a comma.
fn lay_out(list: &mut Array, head: &str, next: &str) {
    for (at, item) in list.iter_mut().enumerate() {
        match prefix_of(item) {
            " " if at == 0 => item.decor_mut().set_prefix(head),
            "" if at > 0 => item.decor_mut().set_prefix(next),
            _ => {}
        }
    }
}

fn plain(value: &Toml) -> String {
    let mut value = value.clone();
    value.decor_mut().clear();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Takes a key out; a comment above it stays where it was.
fn take_out(table: &mut dyn TableLike, name: &str) -> Option<()> {
    let prefix = table.key(name)?.leaf_decor().prefix().and_then(|raw| raw.as_str());
    let comment = prefix.and_then(|prefix| prefix.get(..=prefix.rfind('\n')?));
    let comment = comment.filter(|comment| comment.contains('#')).map(str::to_owned);
    let values = table.iter().filter(|(_, item)| item.is_value());
    let names: Vec<String> = values.map(|(name, _)| name.to_owned()).collect();
    let at = names.iter().position(|other| other == name)?;
    match comment {
        Some(comment) if at + 1 < names.len() => {
            let mut key = table.key_mut(&names[at + 1])?;
            let own = key.leaf_decor().prefix().and_then(|raw| raw.as_str()).unwrap_or_default();
            let both = format!("{comment}{own}");
            key.leaf_decor_mut().set_prefix(both);
        }
        Some(comment) if at > 0 => {
            let above = table.get_mut(&names[at - 1])?.as_value_mut()?.decor_mut();
            let own = above.suffix().and_then(|raw| raw.as_str()).unwrap_or_default();
            let both = format!("{own}\n{}", comment.trim_end_matches('\n'));
            above.set_suffix(both);
        }
        Some(_) | None => {}
    }
    table.remove(name).map(|_| ())
}

fn toml(value: &Value) -> Option<Toml> {
    Some(match value {
        Value::String(text) => text.as_str().into(),
        Value::Integer(number) => (*number).into(),
        Value::Bool(truth) => (*truth).into(),
        Value::Date(day) => day.to_string().parse::<toml_edit::Datetime>().ok()?.into(),
        Value::Array(items) => {
            let items: Option<Array> = items.iter().map(|at| toml(&at.value)).collect();
            items?.into()
        }
        Value::Table(_) | Value::Other(_) => return None,
    })
}

#[cfg(test)]
mod tests;
