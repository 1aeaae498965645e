//! The sandbox's pages, over HTTP, as a browser asks for them.

use std::net::{Ipv4Addr, SocketAddr};

use super::*;

pub(super) const ROOT: &str = "acme/security&291";
pub(super) const ROOT_PAGE: &str = "/groups/acme/security/-/epics/291";

/// A served sandbox and somebody with a browser.
pub(super) struct Site {
    pub(super) sandbox: Sandbox,
    served: Served,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// What came back.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) location: String,
    pub(super) cookie: String,
    pub(super) body: String,
}

impl Answer {
    #[track_caller]
    pub(super) fn says(self, text: &str) -> Self {
        assert!(self.body.contains(text), "no {text:?} in:\n{}", self.body);
        self
    }

    #[track_caller]
    pub(super) fn does_not_say(self, text: &str) -> Self {
        assert!(!self.body.contains(text), "{text:?} in:\n{}", self.body);
        self
    }

    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.body);
        self
    }
}

impl Site {
    pub(super) fn of(sandbox: Sandbox) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let served = runtime.block_on(sandbox.serve(address)).unwrap();
        // A second installation is refused, and that is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let redirect = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirect).no_proxy().build().unwrap();
        Self { sandbox, served, runtime, client }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.served.url())
    }

    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    fn answer(&self, request: reqwest::RequestBuilder) -> Answer {
        self.wait(async {
            let response = request.send().await.unwrap();
            let header = |name: &str| {
                let value = response.headers().get(name);
                value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
            };
            let (location, cookie) = (header("location"), header("set-cookie"));
            let status = response.status().as_u16();
            Answer { status, location, cookie, body: response.text().await.unwrap() }
        })
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.answer(self.client.get(self.url(path)))
    }

    /// Sends a form as alice, from one of the sandbox's own pages.
    pub(super) fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_with(path, form, &[("origin", &self.served.url())])
    }

    pub(super) fn post_with(
        &self,
        path: &str,
        form: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut request = self.client.post(self.url(path)).body(body);
        request = request.header("cookie", "epictree-sandbox-as=alice");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.answer(request)
    }

    /// What a page's forms hold of the item's last change.
    pub(super) fn seen(&self, path: &str) -> String {
        let body = self.get(path).body;
        let (_, rest) = body.split_once("name=\"seen\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }
}

pub(super) fn site() -> Site {
    Site::of(sandbox())
}

#[test]
fn every_address_that_the_sandbox_hands_out_opens() {
    let site = site();
    let epic = made(&create_epic(&site.sandbox, "An epic", under(&site.sandbox, ROOT)));
    let issue = made(&create_issue(&site.sandbox, "An issue", under(&site.sandbox, &epic)));
    let task =
        create(&site.sandbox, "acme/security/tools", 5, "A task", under(&site.sandbox, &issue));
    made(&task);
    let answer = site.sandbox.query(
        "{ namespace(fullPath: \"acme\") { workItems(includeDescendants: true) { nodes { title webUrl } } } }",
        json!({}),
    );
    let nodes = answer["data"]["namespace"]["workItems"]["nodes"].as_array().unwrap().clone();
    assert_eq!(nodes.len(), 4, "{answer}");
    for node in nodes {
        let url = node["webUrl"].as_str().unwrap();
        let path = url.strip_prefix(&site.url("")).unwrap();
        site.get(path).is(200).says(&format!("<h1>{}</h1>", node["title"].as_str().unwrap()));
    }
    site.get("/").is(200).says("An epic").says("An issue").says("A task");
    site.get("/groups/acme").is(200).says("An epic").says("An issue");
    site.get("/acme/security/tools").is(200).says("An issue").does_not_say(">An epic<");
    site.get("/groups/acme/security/-/epics/999").is(404);
    site.get("/nowhere").is(404).says("There is nothing at this address");
}

#[test]
fn a_page_shows_what_an_item_is_and_where_it_stands() {
    let site = site();
    let epic = made(&create_epic(&site.sandbox, "Child", under(&site.sandbox, ROOT)));
    let other = made(&create_epic(&site.sandbox, "Other", json!({})));
    link(&site.sandbox, &epic, "BLOCKS", &other);
    let edits = [
        Edit::Description("A *text* for acme/security&291+\n\n<!--kept from view-->".to_owned()),
        Edit::Label("priority::1".to_owned()),
        Edit::Weight(Some(8)),
        Edit::Milestone(Some("18.4".to_owned())),
        Edit::Assignees(vec!["bob".to_owned()]),
        Edit::Start(Some("2026-04-01".to_owned())),
        Edit::Due(Some("2026-05-01".to_owned())),
        Edit::Confidential(true),
    ];
    for edit in edits {
        site.sandbox.edit("alice", &epic, edit).unwrap();
    }
    let page = site.get("/groups/acme/security/-/epics/292").is(200);
    let (shown, source) = page.body.split_once("<pre class=\"source\">").unwrap();
    assert!(!shown.contains("kept from view") && source.contains("&lt;!--kept from view--&gt;"));
    page.says("A <em>text</em>")
        .says("Root (&amp;291)")
        .says("<dd>8</dd>")
        .says("<dd>18.4</dd>")
        .says("2026-04-01 to 2026-05-01")
        .says("@bob")
        .says("confidential")
        .says("<b>priority</b>")
        .says("blocks")
        .says("href=\"/groups/acme/security/-/epics/293\">Other</a>")
        .says("set weight to <strong>8</strong>");
    site.get(ROOT_PAGE).says("0 of 1 closed").says(">Child</a>");
}

#[test]
fn linked_items_stand_below_one_heading_for_each_way_to_link() {
    let site = site();
    let mut others = Vec::new();
    for title in ["One", "Two", "Three", "Four"] {
        others.push(made(&create_epic(&site.sandbox, title, json!({}))));
    }
    let kinds = ["BLOCKS", "RELATED", "BLOCKED_BY", "BLOCKS"];
    for (other, kind) in others.iter().zip(kinds) {
        link(&site.sandbox, ROOT, kind, other);
    }
    let body = site.get(ROOT_PAGE).is(200).body;
    let (_, links) = body.split_once("<h2>Linked items</h2>").unwrap();
    let (links, _) = links.split_once("</section>").unwrap();
    let order = [
        "<h3>blocks",
        ">One<",
        ">Four<",
        "<h3>is blocked by",
        ">Three<",
        "<h3>relates to",
        ">Two<",
    ];
    let places: Vec<_> = order.iter().map(|text| links.find(text).unwrap()).collect();
    assert!(places.is_sorted(), "{links}");
    assert_eq!(links.matches("<h3>").count(), 3, "{links}");
}

#[test]
fn nothing_that_somebody_wrote_becomes_a_part_of_a_page() {
    let site = site();
    let hostile = "</title></textarea></pre><script>alert(1)</script><img src=x onerror=alert(1)>\" onload=\"x";
    let epic = made(&create_epic(&site.sandbox, hostile, under(&site.sandbox, ROOT)));
    let edits = [
        Edit::Description(format!("{hostile}\n\n- [ ] {hostile}\n\n[x](javascript:alert(1))")),
        Edit::Label(hostile.to_owned()),
        Edit::Comment(format!("{hostile} @bob")),
        Edit::Comment("/label ~<script>alert(1)</script>".to_owned()),
        Edit::Title(format!("{hostile}2")),
    ];
    for edit in edits {
        site.sandbox.edit("alice", &epic, edit).unwrap();
    }
    let searched = form_urlencoded::byte_serialize(hostile.as_bytes()).collect::<String>();
    let refused = site.post(
        "/groups/acme/security/-/epics/292",
        &[
            ("deed", "edit"),
            ("seen", "0"),
            ("title", hostile),
            ("description", hostile),
            ("label", hostile),
        ],
    );
    let pages = [
        site.get("/"),
        site.get("/groups/acme/security/-/epics/292"),
        site.get(ROOT_PAGE),
        site.get(&format!("/?q={searched}&label={searched}&state={searched}")),
        refused.is(422),
    ];
    for page in pages {
        assert_eq!(page.body.matches("<script>").count(), 1, "{}", page.body);
        for tag in ["<img", "onerror=alert(1)>", "<script>alert", "\"javascript:", "\" onload="] {
            assert!(!page.body.contains(tag), "{tag} in {}", page.body);
        }
        assert_eq!(
            page.body.matches("<textarea").count(),
            page.body.matches("</textarea>").count()
        );
    }
}

#[test]
fn other_sites_reach_nothing() {
    let site = site();
    let close = [("deed", "close")];
    let ours = site.url("");
    let foreign: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", "null")],
        &[("origin", "https://evil.test")],
        &[("sec-fetch-site", "cross-site"), ("origin", &ours)],
        &[("host", "evil.test"), ("origin", "http://evil.test"), ("sec-fetch-site", "same-origin")],
    ];
    for headers in foreign {
        site.post_with(ROOT_PAGE, &close, headers).is(403);
        assert_eq!(site.sandbox.item(ROOT).unwrap().state, "OPEN", "{headers:?}");
    }
    for path in ["/", ROOT_PAGE, "/-/live"] {
        let request = site.client.get(site.url(path)).header("host", "evil.test:80");
        site.answer(request).is(403).does_not_say("Root");
    }
    site.post("/gitlab/api/graphql", &[]).is(404);
    site.post_with(ROOT_PAGE, &close, &[("sec-fetch-site", "same-origin"), ("origin", "null")])
        .is(303);
    assert_eq!(site.sandbox.item(ROOT).unwrap().state, "CLOSED");
}

#[test]
fn pages_are_neither_counted_nor_broken_nor_written_down() {
    let site = site();
    site.sandbox.faults(vec![Fault { nth: 1, kind: FaultKind::Status(500) }]);
    site.get("/").is(200);
    site.post(ROOT_PAGE, &[("deed", "close")]).is(303);
    assert_eq!(site.sandbox.log(), []);
    assert_eq!(site.sandbox.on_request().borrow().received, 0);
    let broken = site.sandbox.query("{ metadata { version } }", json!({}));
    assert_eq!(broken, Value::Null, "the fault waits for the API");
}

#[test]
fn a_search_finds_by_title_label_reference_author_and_state() {
    let site = site();
    for title in ["One thing", "Other thing", "Last"] {
        create_epic(&site.sandbox, title, json!({}));
    }
    site.sandbox.edit("bob", "acme/security&293", Edit::Label("priority::2".to_owned())).unwrap();
    site.sandbox.edit("bob", "acme/security&294", Edit::Assignees(vec!["bob".into()])).unwrap();
    site.sandbox.edit("bob", "acme/security&294", Edit::Close).unwrap();
    let hits = |query: &str| {
        let page = site.get(&format!("/?{query}")).is(200);
        let titles = ["Root", "One thing", "Other thing", "Last"];
        let found = titles.into_iter().filter(|title| page.body.contains(&format!(">{title}</a>")));
        found.collect::<Vec<_>>().join(", ")
    };
    for (query, found) in [
        ("q=THING", "One thing, Other thing"),
        ("q=one+thing", "One thing"),
        ("q=priority%3A%3A2", "Other thing"),
        ("label=priority%3A%3A2", "Other thing"),
        ("label=priority", ""),
        ("q=security%26294", "Last"),
        ("q=%40bob", "Last"),
        ("q=%40sandbox-bot+thing", "One thing, Other thing"),
        ("state=closed", "Last"),
        ("state=opened&q=epic", "Root, One thing, Other thing"),
        ("q=nothing+like+it", ""),
    ] {
        assert_eq!(hits(query), found, "{query}");
    }
}

#[test]
fn a_large_world_comes_in_pages() {
    let mut items: Vec<SeedItem> = Vec::new();
    let item = |number: usize, parent: Option<String>| SeedItem {
        reference: format!("acme/security&{number}"),
        title: format!("Item {number}."),
        description: String::new(),
        parent,
        labels: Vec::new(),
    };
    for number in 1..=150 {
        items.push(item(number, None));
        for below in 0..20 {
            items.push(item(1000 + number * 20 + below, Some(format!("acme/security&{number}"))));
        }
    }
    let site = Site::of(Sandbox::in_memory(&Seed { items, ..seed() }).unwrap());
    let first = site.get("/").says("page 1 of 2").says("3150 epics").says("20 more");
    assert_eq!(first.body.matches("<span class=\"row\">").count(), 1000);
    site.get("/?page=2").says("Item 150.").does_not_say("Item 100.");
    site.get("/?page=99").says("page 2 of 2");
    let found = site.get("/?q=item").says("page 1 of 32");
    assert_eq!(found.body.matches("<span class=\"row\">").count(), 100);
}

#[test]
fn a_page_is_told_of_the_next_change_and_of_the_end() {
    let site = site();
    let now = site.get("/-/live").body;
    assert!(site.get("/").body.contains(&format!("data-sequence=\"{now}\"")));
    let ask = || {
        let request = site.client.get(site.url(&format!("/-/live?since={now}")));
        site.runtime.spawn(async move { request.send().await.unwrap().text().await.unwrap() })
    };
    let asked = ask();
    site.sandbox.edit("alice", ROOT, Edit::Close).unwrap();
    let next = site.wait(asked).unwrap();
    assert_eq!(next.parse::<u64>().unwrap(), now.parse::<u64>().unwrap() + 1);
    assert_eq!(site.get(&format!("/-/live?since={now}")).body, next);
    let client = site.client.clone();
    let url = site.url(&format!("/-/live?since={next}"));
    let asked = site.runtime.spawn(async move { client.get(url).send().await.is_ok() });
    site.runtime.block_on(site.served.shutdown());
    // It is answered at once, or was never taken: the end does not wait for it.
    site.runtime.block_on(asked).unwrap();
}

#[test]
fn a_taken_port_is_said_with_the_next_step() {
    let env = crate::env::TestEnv::of("todo-list");
    let port = env.address().port().to_string();
    env.run(&["sandbox", "--port", &port]).ends_with(1).says("cannot listen").says("--port 0");
}
