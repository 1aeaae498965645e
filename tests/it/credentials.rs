//! Where the token comes from, and that it goes nowhere but to the instance.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a helper that fails shall fail its test")]

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use epictree::sandbox::Sandbox;
use tempfile::TempDir;

use crate::env::{CANARY, Output, TestEnv, holding};

/// A token that the sandbox does not know.
const WRONG: &str = "glpat-not-a-user-of-here";

/// A folder outside the workspace, for files that may hold the token.
struct Keep(TempDir);

impl Keep {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str, mode: u32) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// What glab keeps of a host.
    fn glab(&self, host: &str, lines: &[&str]) {
        let lines: String = lines.iter().map(|line| format!("    {line}\n")).collect();
        self.write(".config/glab-cli/config.yml", &format!("hosts:\n  {host}:\n{lines}"), 0o600);
    }
}

/// `plan --verbose` without any token of the environment.
fn plan(env: &TestEnv, url: &str, args: &[&str]) -> Command {
    let mut command = env.command(&[&["plan", "--verbose", "--url", url], args].concat());
    command.env_remove("GITLAB_TOKEN");
    command
}

fn run(command: &mut Command) -> Output {
    let output = Output::of(command.output().unwrap());
    assert!(!output.to_string().contains(WRONG), "{output}");
    output
}

/// Host and port of the sandbox.
fn host(env: &TestEnv) -> String {
    env.address().to_string()
}

#[test]
fn a_token_file_goes_before_the_environment_and_is_named_not_shown() {
    let (env, keep) = (TestEnv::package_hunter(), Keep::new());
    let file = keep.write("token", &format!("{CANARY}\n"), 0o600);
    let file = file.to_str().unwrap();
    let mut command = plan(&env, &env.url(), &["--token-file", file]);
    let output = run(command.env("GITLAB_TOKEN", WRONG)).ends_with(0);
    output.says(&format!("with the token from the token file `{file}`")).does_not_say("warning");
    let output = run(plan(&env, &env.url(), &[]).env("GITLAB_TOKEN", WRONG)).ends_with(1);
    output.says("the instance does not accept the token from GITLAB_TOKEN: Invalid token");
}

#[test]
fn a_token_file_that_others_can_read_is_a_warning() {
    let (env, keep) = (TestEnv::package_hunter(), Keep::new());
    for (mode, warned) in [(0o644, true), (0o640, true), (0o400, false)] {
        let file = keep.write(&format!("token-{mode:o}"), CANARY, mode);
        let output = run(&mut plan(&env, &env.url(), &["--token-file", file.to_str().unwrap()]));
        let output = output.ends_with(0);
        assert_eq!(output.stderr.contains("can be read by others"), warned, "{mode:o}: {output}");
    }
}

#[test]
fn a_token_comes_by_standard_input_or_by_a_pipe() {
    let env = TestEnv::package_hunter();
    for file in ["-", "/dev/stdin"] {
        let mut command = plan(&env, &env.url(), &["--token-file", file]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{CANARY}\n").as_bytes()).unwrap();
        Output::of(child.wait_with_output().unwrap()).ends_with(0).does_not_say("warning");
    }
}

#[test]
fn a_file_that_holds_no_token_is_not_sent() {
    let (env, keep) = (TestEnv::package_hunter(), Keep::new());
    for (name, text) in
        [("empty", "\n".to_owned()), ("two", "a b".to_owned()), ("long", "x".repeat(5_000))]
    {
        let file = keep.write(name, &text, 0o600);
        let output = run(&mut plan(&env, &env.url(), &["--token-file", file.to_str().unwrap()]));
        output.ends_with(1).says("does not hold one token");
    }
    let output = run(&mut plan(&env, &env.url(), &["--token-file", "/dev/zero"])).ends_with(1);
    output.says("does not hold one token");
    assert!(env.sandbox.log().is_empty());
}

#[test]
fn the_sandbox_of_this_machine_needs_no_token() {
    let env = TestEnv::package_hunter();
    let output = run(&mut plan(&env, &env.url(), &[])).ends_with(0);
    output.says("with the token from the sandbox's own user");
}

#[test]
fn a_login_of_glab_is_used_for_its_host_alone() {
    let (env, keep) = (TestEnv::package_hunter(), Keep::new());
    keep.glab(&host(&env), &[&format!("token: !!null {CANARY}")]);
    let output = run(plan(&env, &env.url(), &[]).env("HOME", keep.0.path())).ends_with(0);
    output.says(&format!("with the token from glab's login for {}", host(&env)));
    let mut elsewhere = plan(&env, "https://gitlab.invalid", &[]);
    run(elsewhere.env("HOME", keep.0.path()))
        .ends_with(1)
        .says("there is no token for https://gitlab.invalid");
    keep.glab(&host(&env), &["use_keyring: \"true\""]);
    run(plan(&env, &env.url(), &[]).env("HOME", keep.0.path()))
        .ends_with(1)
        .says("in the system's keyring")
        .says("glab auth status --show-token");
}

#[test]
fn an_oauth_login_that_is_not_accepted_is_renewed_by_glab() {
    let (env, keep) = (TestEnv::package_hunter(), Keep::new());
    let token = format!("token: {WRONG}");
    keep.glab(
        &host(&env),
        &[&token, "is_oauth2: \"true\"", "oauth2_expiry_date: 01 Jan 50 00:00 UTC"],
    );
    run(plan(&env, &env.url(), &[]).env("HOME", keep.0.path()))
        .ends_with(1)
        .says("does not accept the token from glab's login")
        .says("run `glab api user`, which renews it");
    env.sandbox.clear_log();
    keep.glab(&host(&env), &[&token, "is_oauth2: true", "oauth2_expiry_date: 13 Mar 23 15:47 GMT"]);
    run(plan(&env, &env.url(), &[]).env("HOME", keep.0.path()))
        .ends_with(1)
        .says("has ended, and only glab can renew it")
        .says("run `glab api user`");
    assert!(env.sandbox.log().is_empty(), "what has ended is not sent");
}

#[test]
fn a_name_or_password_in_an_address_is_refused_and_not_shown() {
    let env = TestEnv::package_hunter();
    let output = run(&mut plan(&env, &format!("https://me:{WRONG}@gitlab.invalid"), &[]));
    output.ends_with(1).says("it holds a user name or password");
}

#[test]
fn nothing_of_a_whole_rehearsal_holds_the_token() {
    let env = TestEnv::package_hunter();
    for args in [
        &["apply", "--yes", "--sandbox", "--verbose"][..],
        &["plan", "--sandbox", "--format", "json"],
    ] {
        env.run(args).ends_with(0);
    }
    assert!(env.folder.path().join(".epictree/sandbox").is_dir());
    // That the search finds something at all.
    env.write("planted.txt", CANARY);
    assert_eq!(holding(env.folder.path(), CANARY), [env.folder.path().join("planted.txt")]);
    std::fs::remove_file(env.folder.path().join("planted.txt")).unwrap();
}

#[test]
fn an_instance_may_live_under_a_path() {
    let env = TestEnv::package_hunter();
    let url = env.wait(mounted(env.sandbox.clone(), "/gitlab/api/graphql"));
    env.run(&["apply", "--yes", "--url", &format!("{url}/gitlab/")]).ends_with(0);
    env.run(&["plan", "--detailed-exitcode", "--url", &format!("{url}/gitlab")]).ends_with(0);
    env.run(&["plan", "--url", &url])
        .ends_with(1)
        .says("status 404")
        .says("check the instance's url, with its path if it has one");
}

/// Serves a sandbox at one path of an address and nothing else there.
async fn mounted(sandbox: Sandbox, path: &str) -> String {
    use axum::http::{HeaderMap, StatusCode, header};
    let answer = move |headers: HeaderMap, body: axum::body::Bytes| async move {
        let token = headers[header::AUTHORIZATION].to_str().unwrap().strip_prefix("Bearer ");
        let reply = sandbox.execute(token, &body);
        let status = StatusCode::from_u16(reply.status).unwrap();
        (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body)
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let not_found =
        || async { (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "application/json")], "{}") };
    let app = axum::Router::new().route(path, axum::routing::post(answer)).fallback(not_found);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

mod tls {
    //! Over TLS, with an authority of its own and through a proxy.

    use std::net::SocketAddr;
    use std::sync::{Arc, Mutex};

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// Speaks TLS before a sandbox.
    struct Front {
        address: SocketAddr,
        /// The certificate of its authority, as a file.
        authority: PathBuf,
        keep: Keep,
    }

    impl Front {
        /// Names are those of its certificate.
        fn of(env: &TestEnv, names: &[&str]) -> Self {
            let mut params = CertificateParams::new([]).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority =
                CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let key = KeyPair::generate().unwrap();
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let params = CertificateParams::new(names).unwrap();
            let own = params.signed_by(&key, &authority).unwrap();
            let ring = Arc::new(rustls::crypto::ring::default_provider());
            let config = rustls::ServerConfig::builder_with_provider(ring)
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(
                    vec![own.der().clone()],
                    PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
                )
                .unwrap();
            let address = env.wait(front(TlsAcceptor::from(Arc::new(config)), env.address()));
            let keep = Keep::new();
            let authority = keep.write("authority.pem", &authority.pem(), 0o644);
            Self { address, authority, keep }
        }

        fn url(&self, host: &str) -> String {
            format!("https://{host}:{}", self.address.port())
        }
    }

    async fn front(acceptor: TlsAcceptor, behind: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust it goes away, which is its right.
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut sandbox = TcpStream::connect(behind).await.unwrap();
                    let _ = copy_bidirectional(&mut stream, &mut sandbox).await;
                });
            }
        });
        address
    }

    /// A proxy that takes every `CONNECT` to one address and keeps all it is sent.
    async fn proxy(to: SocketAddr) -> (SocketAddr, Arc<Mutex<Vec<u8>>>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let sink = Arc::clone(&sink);
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        head.push(client.read_u8().await.unwrap());
                    }
                    sink.lock().unwrap().extend(head);
                    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
                    let (mut from, mut back) = client.into_split();
                    let (mut answers, mut on) = TcpStream::connect(to).await.unwrap().into_split();
                    tokio::spawn(async move { tokio::io::copy(&mut answers, &mut back).await });
                    let mut bytes = [0; 4_096];
                    while let Ok(n @ 1..) = from.read(&mut bytes).await {
                        sink.lock().unwrap().extend(&bytes[..n]);
                        on.write_all(&bytes[..n]).await.unwrap();
                    }
                });
            }
        });
        (address, seen)
    }

    fn with_token(command: &mut Command) -> &mut Command {
        command.env("GITLAB_TOKEN", CANARY)
    }

    #[test]
    fn an_authority_of_ones_own_is_trusted_if_it_is_named() {
        let env = TestEnv::package_hunter();
        let front = Front::of(&env, &["127.0.0.1"]);
        let url = front.url("127.0.0.1");
        let refused = run(with_token(&mut plan(&env, &url, &[]))).ends_with(1);
        refused.says("certificate").says("name it in SSL_CERT_FILE");
        assert!(env.sandbox.log().is_empty());
        let mut trusting = plan(&env, &url, &[]);
        run(with_token(&mut trusting).env("SSL_CERT_FILE", &front.authority)).ends_with(0);
    }

    #[test]
    fn the_authority_that_glab_trusts_for_a_host_is_trusted_with_its_login() {
        let env = TestEnv::package_hunter();
        let front = Front::of(&env, &["127.0.0.1"]);
        let token = format!("token: {CANARY}");
        let authority = format!("ca_cert: {}", front.authority.display());
        front.keep.glab(&front.address.to_string(), &[&token, &authority]);
        let url = front.url("127.0.0.1");
        run(plan(&env, &url, &[]).env("HOME", front.keep.0.path())).ends_with(0);
        front.keep.glab(&front.address.to_string(), &[&token, "ca_cert: /absent.pem"]);
        run(plan(&env, &url, &[]).env("HOME", front.keep.0.path()))
            .ends_with(1)
            .says("cannot read /absent.pem, glab's ca_cert");
    }

    #[test]
    fn a_proxy_is_asked_for_a_tunnel_and_sees_no_token() {
        let env = TestEnv::package_hunter();
        let front = Front::of(&env, &["gitlab.invalid"]);
        let (proxy, seen) = env.wait(proxy(front.address));
        let mut command = plan(&env, "https://gitlab.invalid", &[]);
        with_token(&mut command)
            .env("SSL_CERT_FILE", &front.authority)
            .env("HTTPS_PROXY", format!("http://{proxy}"));
        run(&mut command).ends_with(0);
        let seen = seen.lock().unwrap();
        assert!(seen.starts_with(b"CONNECT gitlab.invalid:443 HTTP/1.1\r\n"));
        let text = String::from_utf8_lossy(&seen);
        assert!(!text.contains(CANARY) && !text.contains("Bearer"), "{text}");
    }

    #[test]
    fn no_proxy_is_honoured_and_this_machine_is_never_asked_for_through_one() {
        let env = TestEnv::package_hunter();
        // Linux takes it for this machine, and epictree for another one.
        let front = Front::of(&env, &["0.0.0.0", "127.0.0.1"]);
        let (proxy, seen) = env.wait(proxy(front.address));
        for (url, direct) in [(front.url("0.0.0.0"), "0.0.0.0"), (front.url("127.0.0.1"), "")] {
            let mut command = plan(&env, &url, &[]);
            with_token(&mut command)
                .env("SSL_CERT_FILE", &front.authority)
                .env("HTTPS_PROXY", format!("http://{proxy}"))
                .env("NO_PROXY", direct);
            run(&mut command).ends_with(0);
        }
        assert_eq!(seen.lock().unwrap().len(), 0);
    }
}
