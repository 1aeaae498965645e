//! What all pages have around them: search, who one plays, look and script.

use crate::page::{STYLE, escape, served_document};

use super::look::Look;

const LOOK: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// People to choose from; any other can be named.
const PEOPLE: usize = 200;

/// Puts a page around its inside. `here` is its own path and query, without the server's base.
pub(super) fn page(look: &Look, title: &str, here: &str, inside: &str) -> String {
    let body = format!(
        "{}<main data-sequence=\"{}\" data-live=\"{}\">\n{inside}</main>\n\
         <p class=\"lost\" role=\"status\">The sandbox does not answer. It may have been ended.</p>",
        top(look, here),
        look.world.sequence,
        escape(&look.inside("-/live")),
    );
    let title = format!("{title} · sandbox");
    served_document(&title, &format!("{STYLE}\n{LOOK}"), SCRIPT, &body)
}

fn top(look: &Look, here: &str) -> String {
    let home = escape(&look.inside(""));
    format!(
        "<header class=\"top\">\n<a class=\"brand\" href=\"{home}\">sandbox</a>\n\
         <form class=\"search\" role=\"search\" action=\"{home}\">\
         <input type=\"search\" name=\"q\" placeholder=\"Search title, label, reference, @author\" \
         aria-label=\"Search all items\"><button>Search</button></form>\n{}</header>\n",
        colleague(look, here)
    )
}

/// The choice of who one plays.
fn colleague(look: &Look, here: &str) -> String {
    let acting = escape(look.acting());
    let names = look.world.users.iter().map(|(_, user)| &user.username).take(PEOPLE);
    let options: String = names
        .map(|name| {
            let selected = if name == look.acting() { " selected" } else { "" };
            format!("<option{selected}>{}</option>", escape(name))
        })
        .collect();
    format!(
        "<details class=\"who\" data-key=\"who\"><summary>you are <b>@{acting}</b></summary>\n\
         <form method=\"post\" action=\"{}\">\n<input type=\"hidden\" name=\"back\" value=\"{}\">\
         <label>Somebody known <select name=\"as\">{options}</select></label>\n\
         <label>Somebody new <input name=\"new\" maxlength=\"255\" autocomplete=\"off\"></label>\n\
         <button>Be them</button></form></details>\n",
        escape(&look.inside("-/colleague")),
        escape(here),
    )
}

/// Returns a sentence that something went wrong.
pub(super) fn notice(text: &str) -> String {
    format!("<p class=\"notice\" role=\"alert\">{}</p>\n", escape(text))
}

/// Returns links to the pages of a long list, if there is more than one; `to` gives the address.
pub(super) fn pager(page: usize, pages: usize, to: &dyn Fn(usize) -> String) -> String {
    if pages < 2 {
        return String::new();
    }
    let link = |page: usize, text: &str| match page {
        page if (1..=pages).contains(&page) => {
            format!("<a href=\"{}\">{text}</a>", escape(&to(page)))
        }
        _ => format!("<span class=\"quiet\">{text}</span>"),
    };
    format!(
        "<nav class=\"pager\" aria-label=\"Pages\">{} <span>page {page} of {pages}</span> {}</nav>\n",
        link(page.saturating_sub(1), "before"),
        link(page + 1, "next"),
    )
}
