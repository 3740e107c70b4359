//! The pages in a browser: everything is found, and nothing is asked of anyone but the site.
//!
//! These tests need Chromium and its driver: `apt-get install chromium chromium-driver`, then
//! `cargo test --features cli --test docs -- --ignored`.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hosting_apis::{Operation, boardmate, cdnfly, kiwivm, vps_org};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::{Method, Url};
use serde_json::{Value, json};

use crate::{SITE, directory, sample, shown};

/// Where the site lies on its server, since it mustn't mind.
const BELOW: &str = "/some/where/";

/// Serves the site, and pages of a test's own, until the tests end. Gives the port.
fn serve(own: Vec<(&'static str, &'static str)>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let own = own.clone();
            // A browser keeps connections that it doesn't use yet.
            thread::spawn(move || answer(stream.unwrap(), &own));
        }
    });
    port
}

fn answer(mut stream: TcpStream, own: &[(&str, &str)]) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    // A connection that is closed while something of the request is unread is reset.
    lines.map_while(Result::ok).find(String::is_empty)?;
    let name = request
        .split(' ')
        .nth(1)?
        .strip_prefix(BELOW)
        .unwrap_or("nothing");
    let own = own
        .iter()
        .find(|(own, _)| *own == name)
        .map(|(_, page)| page.as_bytes());
    let (status, body) = match own.or(SITE.get(name).map(Vec::as_slice)) {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", &b""[..]),
    };
    let kind = match name.rsplit('.').next()? {
        "html" => "text/html",
        "css" => "text/css",
        "js" => "text/javascript",
        _ => "application/octet-stream",
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()
}

/// A browser of a test, with nothing in it, and its driver.
struct Browser {
    client: Client,
    driver: Child,
    profile: PathBuf,
}

/// A driver, and the port that it listens on.
fn driver() -> (Child, String) {
    // The port that it picks may be taken for its other address: it ends then, and picks another.
    for _ in 0..10 {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("chromedriver: {e}: apt-get install chromium-driver"));
        let mut said = BufReader::new(driver.stdout.take().unwrap());
        let mut line = String::new();
        while said.read_line(&mut line).unwrap() > 0 {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                let port = port.trim_end().trim_end_matches('.').to_owned();
                // A full pipe would stop it.
                thread::spawn(move || said.read_to_end(&mut Vec::new()));
                return (driver, port);
            }
            line.clear();
        }
        driver.wait().unwrap();
    }
    panic!("chromedriver doesn't start");
}

impl Browser {
    /// `width` is that of the page in pixels.
    async fn start(name: &str, width: u32) -> Browser {
        let (driver, port) = driver();
        let profile = directory(name);
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Whatever a page asks for, nothing leaves this machine.
            "--host-resolver-rules=MAP docs.example.com 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &format!("--user-data-dir={}", profile.display()),
        ];
        let capabilities = json!({
            "goog:chromeOptions": {
                "args": arguments,
                "mobileEmulation": { "deviceMetrics": { "width": width, "height": 850, "touch": false } },
            },
            "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("it is an object");
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|e| panic!("{e}: apt-get install chromium"));
        Browser {
            client,
            driver,
            profile,
        }
    }

    async fn open(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Opens the page of an API, and waits for its list of operations.
    async fn open_reference(&self, url: &str, document: &Value) {
        self.open(url).await;
        let last = titles(document).pop().unwrap();
        self.wait(&format!(
            "{FIND} return link({}) !== undefined",
            json!(last)
        ))
        .await;
    }

    async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Waits until a script gives true.
    async fn wait(&self, script: &str) {
        let came = self.comes(script, Duration::from_secs(60)).await;
        assert!(came, "in vain: {script}");
    }

    /// Whether a script gives true within a time.
    async fn comes(&self, script: &str, within: Duration) -> bool {
        let start = Instant::now();
        while self.run(script).await != json!(true) {
            if start.elapsed() > within {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Clicks, and waits until the heading of an operation is in sight. Scalar gives up what it
    /// couldn't show within 3 seconds of a click, as on a busy machine; a reader clicks again.
    async fn go(&self, title: &Value, click: impl AsyncFn()) {
        let seen = format!("{FIND} return visible(heading({title}))");
        for _ in 0..12 {
            click().await;
            if self.comes(&seen, Duration::from_secs(5)).await {
                return;
            }
        }
        panic!("clicked in vain for {title}");
    }

    /// Clicks an operation in the list, and waits until its heading is in sight.
    async fn go_by_list(&self, title: &Value) {
        let click = format!("{FIND} link({title}).click()");
        self.go(title, async || drop(self.run(&click).await)).await;
    }

    /// What the browser noted since it was last asked, that none of our pages may do: requests
    /// beyond the site, which begins like one of these, and errors.
    async fn complaints(&self, site: &[&str]) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut requests = 0;
        for entry in self.log("performance").await {
            let message = entry["message"].as_str().unwrap();
            let message: Value = serde_json::from_str(message).unwrap();
            let event = &message["message"];
            let url = match event["method"].as_str().unwrap() {
                "Network.requestWillBeSent" => &event["params"]["request"]["url"],
                "Network.webSocketCreated" => &event["params"]["url"],
                _ => continue,
            };
            let url = url.as_str().unwrap();
            requests += 1;
            // The browser's own pages, which its first window shows, are in it.
            let own = site.iter().chain(&["data:", "blob:", "chrome:"]);
            if !own.into_iter().any(|own| url.starts_with(own)) {
                complaints.push(format!("asks for {url}"));
            }
        }
        assert!(requests > 0, "there is no log");
        for entry in self.log("browser").await {
            if entry["level"] == "SEVERE" {
                complaints.push(format!("error: {}", entry["message"]));
            }
        }
        complaints
    }

    async fn log(&self, kind: &'static str) -> Vec<Value> {
        let log = self.client.issue_cmd(Log(kind)).await.unwrap();
        log.as_array().unwrap().clone()
    }

    async fn stop(mut self) {
        self.client.clone().close().await.unwrap();
        self.driver.kill().unwrap();
        self.driver.wait().unwrap();
        let _ = fs::remove_dir_all(&self.profile);
    }
}

impl Drop for Browser {
    /// When a test has failed; the driver takes its browser with it.
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// chromedriver's own command to read a log.
#[derive(Debug)]
struct Log(&'static str);

impl WebDriverCompatibleCommand for Log {
    fn endpoint(
        &self,
        base: &Url,
        session: Option<&str>,
    ) -> Result<Url, <Url as std::str::FromStr>::Err> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": self.0 }).to_string()))
    }
}

/// Functions to find what a reader sees.
const FIND: &str = "
    const text = element => element.textContent.replace(/\\s+/g, ' ').trim()
    // The list is there twice, beside the page and behind the menu of a narrow screen.
    const links = title => [...document.querySelectorAll('[data-sidebar-id] > a, [data-sidebar-id] > * > a')]
        .filter(a => [...a.querySelectorAll('span, div')].some(part => text(part) === title))
    const laidOut = element => element.getBoundingClientRect().height > 0
    const link = title => links(title).find(laidOut) ?? links(title)[0]
    const heading = title => [...document.querySelectorAll('h2, h3')].find(h => text(h) === title)
    const visible = element => {
        const place = element?.getBoundingClientRect()
        return !!place && place.height > 0 && place.top < innerHeight && place.bottom > 0
    }
    const code = element => element.closest('section')?.textContent.replace(/\\s/g, '') ?? ''
";

fn operations(stem: &str) -> &'static [Operation] {
    match stem {
        "kiwivm" => kiwivm::OPERATIONS,
        "vps-org" => vps_org::OPERATIONS,
        "cdnfly" => cdnfly::OPERATIONS,
        _ => boardmate::OPERATIONS,
    }
}

fn title(document: &Value, operation: &Operation) -> String {
    let object = &document["paths"][operation.path][operation.method.to_lowercase()];
    object["summary"].as_str().unwrap().to_owned()
}

/// The titles of all operations.
fn titles(document: &Value) -> Vec<String> {
    let items = document["paths"].as_object().unwrap().values();
    let objects = items.flat_map(|item| item.as_object().unwrap().values());
    let titles = objects.filter_map(|object| object["summary"].as_str());
    titles.map(str::to_owned).collect()
}

/// Every operation is in the list by its title, and a click there shows it with its sample.
async fn every_operation_is_found(stem: &str) {
    let (browser, port) = (Browser::start(stem, 1400).await, serve(Vec::new()));
    let site = format!("http://127.0.0.1:{port}{BELOW}");
    let document = shown(stem);
    browser
        .open_reference(&format!("{site}{stem}.html"), &document)
        .await;
    for operation in operations(stem) {
        let title = json!(title(&document, operation));
        browser.go_by_list(&title).await;
        let sample = sample(&document, operation, "Rust");
        let sample: String = sample.split_whitespace().collect();
        let has = format!(
            "{FIND} return code(heading({title})).includes({})",
            json!(sample)
        );
        browser.wait(&has).await;
    }
    assert_eq!(browser.complaints(&[&site]).await, [""; 0]);
    browser.stop().await;
}

macro_rules! pages {
    ($($name:ident: $stem:literal;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        #[ignore = "needs chromium and chromium-driver"]
        async fn $name() {
            every_operation_is_found($stem).await;
        }
    )*};
}

pages! {
    kiwivm_shows_every_operation: "kiwivm";
    vps_org_shows_every_operation: "vps-org";
    cdnfly_shows_every_operation: "cdnfly";
    boardmate_shows_every_operation: "boardmate";
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn the_search_finds_an_operation_of_each_api() {
    let (browser, port) = (Browser::start("search", 1400).await, serve(Vec::new()));
    // Not an address of this machine by its looks, which Scalar treats in another way.
    let site = format!("http://docs.example.com:{port}{BELOW}");
    for stem in ["kiwivm", "vps-org", "cdnfly", "boardmate"] {
        let document = shown(stem);
        browser
            .open_reference(&format!("{site}{stem}.html"), &document)
            .await;
        let title = title(&document, operations(stem).last().unwrap());
        let search = async || {
            let button = "//button[contains(normalize-space(.), 'Search')]";
            let button = browser.client.find(Locator::XPath(button)).await.unwrap();
            button.click().await.unwrap();
            let input = Locator::Css("input[role=combobox]");
            let input = browser.client.wait().for_element(input).await.unwrap();
            input.send_keys(&title).await.unwrap();
            let first = format!(
                "{FIND} const first = document.querySelector('[role=option][id^=search-result]')
                return !!first && text(first).includes({})",
                json!(title)
            );
            browser.wait(&first).await;
            let found = Locator::Css("[role=option][id^=search-result]");
            let found = browser.client.find(found).await.unwrap();
            found.click().await.unwrap();
        };
        browser.go(&json!(title), search).await;
    }
    assert_eq!(browser.complaints(&[&site]).await, [""; 0]);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn the_site_works_from_a_disk() {
    let disk = directory("disk");
    for (name, content) in &*SITE {
        fs::write(disk.join(name), content).unwrap();
    }
    let browser = Browser::start("file", 1400).await;
    let site = Url::from_directory_path(&disk).unwrap();
    for stem in ["kiwivm", "vps-org", "cdnfly", "boardmate"] {
        browser
            .open(site.join("index.html").unwrap().as_str())
            .await;
        // The style is there, not only asked for.
        browser.wait("return getComputedStyle(document.querySelector('article')).borderRadius === '12px'").await;
        let button = format!("#{stem} .button");
        let button = browser.client.find(Locator::Css(&button)).await.unwrap();
        button.click().await.unwrap();
        let title = json!(titles(&shown(stem)).pop().unwrap());
        browser
            .wait(&format!("{FIND} return link({title}) !== undefined"))
            .await;
    }
    assert_eq!(browser.complaints(&[site.as_str()]).await, [""; 0]);
    browser.stop().await;
    fs::remove_dir_all(disk).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn a_narrow_screen_cuts_nothing_off() {
    let (browser, port) = (Browser::start("narrow", 390).await, serve(Vec::new()));
    let site = format!("http://127.0.0.1:{port}{BELOW}");
    let fits = "return document.documentElement.scrollWidth <= 390 && innerWidth === 390";
    browser.open(&format!("{site}index.html")).await;
    browser
        .run("document.querySelectorAll('details').forEach(all => all.open = true)")
        .await;
    assert_eq!(browser.run(fits).await, true);
    for stem in ["kiwivm", "vps-org", "cdnfly", "boardmate"] {
        browser.open(&format!("{site}{stem}.html")).await;
        let titles = titles(&shown(stem));
        let longest = json!(titles.iter().max_by_key(|title| title.len()));
        browser
            .wait("return document.querySelector('h1') !== null")
            .await;
        assert_eq!(browser.run(fits).await, true, "{stem}");
        // The list is behind a button.
        let menu = "//button[contains(translate(concat(., @aria-label), 'M', 'm'), 'menu')]";
        let menu = browser.client.find(Locator::XPath(menu)).await.unwrap();
        menu.click().await.unwrap();
        browser
            .wait(&format!("{FIND} return links({longest}).some(laidOut)"))
            .await;
        browser.go_by_list(&longest).await;
        assert_eq!(browser.run(fits).await, true, "{stem}");
    }
    assert_eq!(browser.complaints(&[&site]).await, [""; 0]);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn a_reader_can_have_all_pages_dark_or_light() {
    let (browser, port) = (Browser::start("theme", 1400).await, serve(Vec::new()));
    let site = format!("http://127.0.0.1:{port}{BELOW}");
    let darkness = "const shade = getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g)
        return Number(shade[0]) < 128";
    browser.open(&format!("{site}index.html")).await;
    let before = browser.run(darkness).await;
    let toggle = browser.client.find(Locator::Id("theme")).await.unwrap();
    toggle.click().await.unwrap();
    assert_ne!(browser.run(darkness).await, before);
    let document = shown("boardmate");
    browser
        .open_reference(&format!("{site}boardmate.html"), &document)
        .await;
    let has = format!("return document.body.classList.contains('dark-mode') !== {before}");
    browser.wait(&has).await;
    // And back, by the page's own button.
    let toggle = ".darklight-reference button[aria-pressed]";
    let toggle = browser.client.find(Locator::Css(toggle)).await.unwrap();
    toggle.click().await.unwrap();
    browser
        .wait(&format!(
            "return document.body.classList.contains('dark-mode') === {before}"
        ))
        .await;
    browser.open(&format!("{site}index.html")).await;
    assert_eq!(browser.run(darkness).await, before);
    assert_eq!(browser.complaints(&[&site]).await, [""; 0]);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn what_is_deprecated_is_struck_through_and_nothing_else() {
    let (browser, port) = (Browser::start("deprecated", 1400).await, serve(Vec::new()));
    let site = format!("http://127.0.0.1:{port}{BELOW}");
    let mut struck = 0;
    for stem in ["kiwivm", "vps-org", "cdnfly", "boardmate"] {
        let document = shown(stem);
        browser
            .open_reference(&format!("{site}{stem}.html"), &document)
            .await;
        for operation in operations(stem) {
            let object = &document["paths"][operation.path][operation.method.to_lowercase()];
            let due = object["deprecated"] == true;
            struck += usize::from(due);
            let title = json!(title(&document, operation));
            let script = format!(
                "{FIND} return [...link({title}).querySelectorAll('*')].some(part =>
                    text(part) === {title} && getComputedStyle(part).textDecorationLine === 'line-through')"
            );
            assert_eq!(browser.run(&script).await, due, "{}", operation.name);
        }
    }
    assert!(struck > 0);
    browser.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromium-driver"]
async fn a_page_that_asks_another_host_or_fails_is_noticed() {
    let pages = vec![
        (
            "image.html",
            "<link rel=icon href=data:,><img src='http://127.0.0.2:9/a.png'>",
        ),
        (
            "fetch.html",
            "<link rel=icon href=data:,><script>fetch('//other.example/')</script>",
        ),
        (
            "console.html",
            "<link rel=icon href=data:,><script>console.error('mine')</script>",
        ),
        (
            "thrown.html",
            "<link rel=icon href=data:,><script>throw new Error('mine')</script>",
        ),
        (
            "lost.html",
            "<link rel=icon href=data:,><script src='lost.js'></script>",
        ),
        ("fine.html", "<link rel=icon href=data:,>"),
    ];
    let (browser, port) = (Browser::start("noticed", 1400).await, serve(pages));
    let site = format!("http://127.0.0.1:{port}{BELOW}");
    for (page, due) in [
        ("image.html", "asks for http://127.0.0.2:9/a.png"),
        ("fetch.html", "asks for http://other.example/"),
        ("console.html", "mine"),
        ("thrown.html", "mine"),
        ("lost.html", "404"),
    ] {
        browser.open(&format!("{site}{page}")).await;
        let complaints = browser.complaints(&[&site]).await;
        let noticed = complaints.iter().any(|complaint| complaint.contains(due));
        assert!(noticed, "{page}: {complaints:?}");
    }
    browser.open(&format!("{site}fine.html")).await;
    assert_eq!(browser.complaints(&[&site]).await, [""; 0]);
    browser.stop().await;
}
