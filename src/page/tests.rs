use super::*;

#[test]
fn nothing_in_a_text_becomes_an_element() {
    assert_eq!(escape("<b a=\"'&\">\u{202e}\u{1b}"), "&lt;b a=&quot;&#39;&amp;&quot;&gt;");
    assert!(!markdown("a <script>alert(1)</script> b").contains("<script"));
    assert!(document("</title><script>", "", "", "").contains("&lt;/title&gt;&lt;script&gt;"));
}

#[test]
fn a_page_runs_and_loads_nothing_but_its_own() {
    let page = document("a", "b{}", "c()", "d");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"), "{page}");
    assert!(page.contains("form-action 'none'") && !page.contains("connect-src"));
    assert!(document("a", "b{}", "", "d").contains("script-src 'none'"));
    let served = served_document("a", "b{}", "c()", "d");
    assert!(served.contains("connect-src 'self'; form-action 'self'"), "{served}");
}

/// The insides of the element around a rendered text.
fn md(text: &str) -> String {
    inside(&markdown(text))
}

fn inside(html: &str) -> String {
    let html = html.strip_prefix("<div class=\"md\">\n").unwrap();
    html.strip_suffix("</div>").unwrap().trim_end().to_owned()
}

#[test]
fn hostile_markdown_stays_text() {
    for (text, html) in [
        ("<script>alert(1)</script>", ""),
        ("a <img src=x onerror=alert(1)> b", "<p>a  b</p>"),
        ("[a](javascript:alert(1))", "<p>a</p>"),
        ("[a\n![b\nc](data:x)](javascript:alert(1))", "<p>a\nb\nc</p>"),
        ("[a](JaVaScRiPt:alert(1))", "<p>a</p>"),
        ("[a](  java&#x0A;script:alert(1))", "<p>a</p>"),
        ("[a](data:text/html,x)", "<p>a</p>"),
        ("[a](/etc/passwd)", "<p>a</p>"),
        ("![a](https://x.test/pixel.png)", "<p><a href=\"https://x.test/pixel.png\">a</a></p>"),
        ("![a](\"onload=x)", "<p>a</p>"),
        ("[![a @b](c)](https://x.test)", "<p><a href=\"https://x.test\">a @b</a></p>"),
        ("![a [b](https://y.test)](https://x.test)", "<p><a href=\"https://x.test\">a b</a></p>"),
        ("<STYLE>a</p></sTyle> b", " b"),
        ("<!-- hidden -->", ""),
        ("a <!-- hidden --> b", "<p>a  b</p>"),
        ("</div></body>", ""),
        ("a </details> b", "<p>a  b</p>"),
        ("</details>\n</summary>", ""),
        ("<details onclick=\"x>\" open>a", "<details>a\n</details>"),
        ("> <details>\n\n</details>", "<blockquote>\n<details>\n\n</details>\n</blockquote>"),
        ("a <kbd>b", "<p>a <kbd>b</kbd></p>"),
        ("a<br/>b<BR>c", "<p>a<br>b<br>c</p>"),
        ("<iframe srcdoc=\"<script>\">x</iframe> b", " b"),
        ("a &lt;b&gt; <c>", "<p>a &lt;b&gt; </p>"),
        ("<a href=\"javascript:x\">y</a>", "<p>y</p>"),
        (
            "<https://a.test/\">\n",
            "<p><a href=\"https://a.test/%22\">https://a.test/&quot;</a></p>",
        ),
    ] {
        assert_eq!(md(text).trim(), html.trim(), "{text}");
    }
}

#[test]
fn boxes_are_open_ticked_or_struck() {
    let html = md("- [ ] a\n- [x] b\n- [~] c\n- [?] d");
    assert_eq!(html.matches("<input").count(), 3, "{html}");
    assert_eq!(html.matches("checked").count(), 1, "{html}");
    assert!(html.contains("<del>c</del>") && html.contains("<li>[?] d</li>"), "{html}");
}

#[test]
fn references_labels_and_people_are_chips() {
    let find = |name: &str| {
        let target = |title: &str, url: Option<&str>, closed| {
            Some(Target { title: title.into(), url: url.map(str::to_owned), closed })
        };
        match name {
            "a/b#12" => target("Twelve <b>", Some("#x"), false),
            "&3" => target("Three", Some("https://g.test/3"), true),
            "c&4" => target("Four", None, false),
            "the key" => target("Five", Some("#five"), false),
            _ => None,
        }
    };
    let md = |text: &str| inside(&markdown_with(text, &find));
    for (text, html) in [
        ("a/b#12", "<p><a class=\"ref\" href=\"#x\" title=\"Twelve &lt;b&gt;\">a/b#12</a></p>"),
        (
            "(a/b#12+)",
            "<p>(<a class=\"ref\" href=\"#x\" title=\"Twelve &lt;b&gt;\">Twelve &lt;b&gt; (#12)</a>)</p>",
        ),
        (
            "see &3+s.",
            "<p>see <a class=\"ref\" href=\"https://g.test/3\" title=\"Three\">Three (&amp;3)</a> <span class=\"closed\">(closed)</span>.</p>",
        ),
        ("c&4", "<p><span class=\"ref\">c&amp;4</span></p>"),
        (
            "\u{F0000}the key\u{F0001}+ x",
            "<p><a class=\"ref\" href=\"#five\" title=\"Five\">Five</a> x</p>",
        ),
        ("x/y#1+", "<p><span class=\"ref\">x/y#1</span></p>"),
        (
            "C#7 &amp; AT&9 &#38; 1#2 `&3`",
            "<p>C#7 &amp; AT&amp;9 &amp; 1#2 <code>&amp;3</code></p>",
        ),
        (
            "@a-b, a@b.test",
            "<p><span class=\"person\">@a-b</span>, <a href=\"mailto:a@b.test\">a@b.test</a></p>",
        ),
        (r"\@a \~b \#1", "<p>@a ~b #1</p>"),
        ("~5 ~~x~~", "<p>~5 <del>x</del></p>"),
        ("[@a ~b](https://c.test)", "<p><a href=\"https://c.test\">@a ~b</a></p>"),
    ] {
        assert_eq!(md(text), html, "{text}");
    }
    let scoped = md("~\"group::a &lt;b>\" ~bug");
    assert!(scoped.contains("<span>group</span>") && scoped.contains("<span>a &lt;b&gt;</span>"));
    assert!(scoped.contains("<span class=\"label\"><span>bug</span></span>"), "{scoped}");
}

#[test]
fn footnotes_of_two_texts_are_told_apart() {
    let note = |text: &str| {
        let html = md(&format!("{text}[^1]\n\n[^1]: b"));
        html.split_once("href=\"#").unwrap().1.split_once('"').unwrap().0.to_owned()
    };
    assert_ne!(note("a"), note("b"));
    assert_eq!(note("a"), note("a"));
}

#[test]
fn a_difference_marks_words_and_folds_what_stays() {
    let before = (1..=20).map(|n| format!("line {n}\n")).collect::<String>();
    let after = before.replace("line 10", "line <ten>");
    let html = diff(&before, &after);
    assert!(html.contains("<del><span>- </span>line <mark>10</mark></del>"), "{html}");
    assert!(html.contains("<mark>&lt;ten&gt;</mark></ins>"), "{html}");
    assert!(html.contains("7 unchanged lines") && html.contains("8 unchanged lines"), "{html}");
    assert_eq!(diff("a\n", "a\n").matches("<div>").count(), 1);
}

#[test]
fn a_text_of_nothing_but_openings_ends() {
    for opening in ["> ", "[", "<details>\n\n", "<kbd>", "*a **b ", "~\"", "\u{F0000}", "<style>"] {
        assert!(markdown(&opening.repeat(4000)).ends_with("</div>"), "{opening}");
    }
}
