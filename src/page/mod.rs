//! HTML for people's browsers: Markdown as GitLab would show it, differences of
//! texts, and the frame of a page. Pure, and without anything from outside: no
//! script, picture, font or style is ever loaded.

use comrak::{Options, markdown_to_html};

/// Makes a text safe inside an element and inside a quoted attribute.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Renders a description or comment; raw HTML in it is left out.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.tasklist = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    markdown_to_html(text, &options)
}

/// A whole page: its title, its styles and scripts (both inline), and its body as HTML.
#[must_use]
pub fn document(title: &str, style: &str, script: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n<script>{script}</script>\n</body>\n</html>\n",
        escape(title)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_an_element() {
        assert_eq!(escape("<b a=\"'&\">"), "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
        assert!(!markdown("a <script>alert(1)</script> b").contains("<script"));
        assert!(document("</title><script>", "", "", "").contains("&lt;/title&gt;&lt;script&gt;"));
    }
}
