//! Answers of any bytes from the instance, over a real connection: every question of the reader
//! comes to an end, with an answer or an error fit to be shown.
//!
//! The first byte picks the question, each further line is an answer, and after the last they
//! begin again. A line may begin with a status of three digits and a blank.
#![no_main]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use epictree::gitlab::{Client, GitlabError, Named, Pace, PlaceQuery, Reader, Settings, Target};
use epictree::tree::{Item, Reference, WorkItemId};
use epictree_fuzz::shown;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// More requests than this for one question are without end.
const MOST_REQUESTS: usize = 2_000;
const TOKEN: &str = "glpat-0123456789abcdef";
const METADATA: &str = r#"{"data":{"metadata":{"version":"18.4.0-ee","enterprise":true},"currentUser":{"username":"me","bot":true}}}"#;

#[derive(Default)]
struct Script {
    lines: RefCell<Vec<Vec<u8>>>,
    asked: Cell<usize>,
}

/// A server, a client of it, and what the server answers.
struct World {
    runtime: Runtime,
    tasks: LocalSet,
    script: Rc<Script>,
    client: Client,
}

thread_local! {
    static WORLD: World = World::new();
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((question, lines)) = bytes.split_first() else { return };
    WORLD.with(|world| world.play(*question, lines));
});

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let (runtime, tasks) = (runtime.expect("a runtime"), LocalSet::new());
        let script = Rc::new(Script::default());
        let client = tasks.block_on(&runtime, async {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
            let url = format!("http://{}", listener.local_addr().expect("an address"));
            tokio::task::spawn_local(serve(listener, Rc::clone(&script)));
            let target = Target { url, token: Some(TOKEN.into()) };
            let settings = Settings { pace: Pace::none(), ..Settings::default() };
            let client = Client::new(&target, settings).expect("a client");
            script.lines.replace(vec![METADATA.into()]);
            client.metadata().await.expect("metadata");
            client
        });
        Self { runtime, tasks, script, client }
    }

    fn play(&self, question: u8, lines: &[u8]) {
        let lines: Vec<Vec<u8>> = lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        self.script.lines.replace(lines);
        self.script.asked.set(0);
        self.tasks.block_on(&self.runtime, async {
            match ask(&Reader::new(&self.client), question).await {
                Ok(items) => items.iter().for_each(judge),
                Err(error) => {
                    let told = format!("{error}\n{}\n{error:?}", error.hint());
                    shown(&told);
                    assert!(!told.contains(TOKEN), "{told}");
                }
            }
        });
        let _ = self.client.take_warnings();
    }
}

async fn ask(reader: &Reader, question: u8) -> Result<Vec<Item>, GitlabError> {
    let id = WorkItemId::from_number(7);
    let named = |title: &str| Named { namespace: "g".into(), is_group: true, title: title.into() };
    Ok(match question % 10 {
        0 => reader.items(&[id, WorkItemId::from_number(8)]).await?.into_values().collect(),
        1 => {
            let references = ["g/e&1", "g/p#2"].into_iter().filter_map(Reference::parse);
            let found = reader.by_reference(&references.collect::<Vec<_>>()).await?;
            found.into_values().collect()
        }
        2 => {
            let found = reader.children(&[id, WorkItemId::from_number(8)]).await?;
            found.into_values().flatten().collect()
        }
        3 => reader.search("g", "epictree:1 w hunter/").await?,
        4 => reader.newest("g", "me", 5).await?,
        5 => {
            for comment in reader.comments(&id).await? {
                let _ = epictree::marker::note::read(&comment.body);
            }
            Vec::new()
        }
        6 => {
            let query = PlaceQuery { path: "g".into(), ..PlaceQuery::default() };
            let places = reader.places(std::slice::from_ref(&query)).await?;
            places.into_iter().flatten().for_each(|place| drop(place.lacks(&query)));
            Vec::new()
        }
        7 => reader.label_ids(&[named("a"), named("b")]).await.map(|_| Vec::new())?,
        8 => reader.milestone_ids(&[named("a")]).await.map(|_| Vec::new())?,
        _ => reader.user_ids(&["a".into(), "b".into()]).await.map(|_| Vec::new())?,
    })
}

fn judge(item: &Item) {
    let _ = epictree::marker::read(&item.description);
    assert!(item.labels.is_sorted_by(|a, b| a.title <= b.title));
}

async fn serve(listener: TcpListener, script: Rc<Script>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::task::spawn_local(answer(stream, Rc::clone(&script)));
    }
}

/// Answers the requests of one connection; `None` once it is closed.
async fn answer(mut stream: TcpStream, script: Rc<Script>) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let body = loop {
            if let Some(length) = request(&bytes) {
                break length;
            }
            let mut chunk = [0; 16 << 10];
            let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
            bytes.extend_from_slice(&chunk[..read]);
        };
        bytes.drain(..body);
        let asked = script.asked.get();
        script.asked.set(asked + 1);
        assert!(asked < MOST_REQUESTS, "requests without end");
        let line = {
            let lines = script.lines.borrow();
            lines[asked % lines.len()].clone()
        };
        let (status, body) = status(&line);
        let head = format!(
            "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).await.ok()?;
    }
}

/// The length of the first request, once it is whole.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
    let (_, length) = text.split_once("content-length:")?;
    let length: usize = length.lines().next()?.trim().parse().ok()?;
    (bytes.len() >= head + length).then_some(head + length)
}

fn status(line: &[u8]) -> (u16, &[u8]) {
    let number = line.get(..3).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match number {
        Some(status @ 200..=599) if line.get(3) == Some(&b' ') => (status, &line[4..]),
        _ => (200, line),
    }
}
