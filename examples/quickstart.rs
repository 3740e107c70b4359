//! A tour of the crate: reads, a write, an error handled by its kind, a fleet over one pool.
//!
//! ```text
//! cargo run --example quickstart --features mock             against servers on loopback
//! cargo run --example quickstart --features mock -- --live   against the vendors', reading only
//! ```
//!
//! With `--live` the credentials come from the environment: KIWIVM_VEID and KIWIVM_API_KEY,
//! VPS_ORG_TOKEN, CDNFLY_BASE_URL and what goes with it, BOARDMATE_BASE_URL and BOARDMATE_KEY, or some
//! of them. A secret can be in a file
//! whose path is in the variable of the same name with `_FILE`.

use hosting_apis::cdnfly::types::{JobCreate, JobData};
use hosting_apis::mock::{Answer, Server};
use hosting_apis::{Error, ErrorKind, boardmate, cdnfly, kiwivm, vps_org};
use serde_json::json;
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    match std::env::args().nth(1).as_deref() {
        None => tour().await?,
        Some("--live") => live().await?,
        Some(other) => {
            return Err(format!("unknown argument `{other}`; the only one is --live").into());
        }
    }
    Ok(())
}

/// Everything, against servers that are made from the specs and answer with their examples.
async fn tour() -> Result<(), Error> {
    let credentials = kiwivm::Credentials::new(1234567, "private_EXAMPLE");
    let server = Server::start(credentials.clone()).await?;
    let vps = kiwivm::Client::builder(credentials)
        .base_url(server.base_url())
        .build()?;

    heading("KiwiVM: one VPS");
    vps_overview(&vps).await?;

    heading("A write");
    let snapshot = vps
        .snapshot_create()
        .description("before the upgrade")
        .await?;
    println!(
        "snapshot begun; a mail goes to {}",
        or_dash(&snapshot.notification_email)
    );
    println!("snapshots so far:");
    for snapshot in vps.snapshot_list().await?.snapshots {
        let size = gib(snapshot.size.unwrap_or_default());
        println!("  {size:>6.1} GiB  {}", or_dash(&snapshot.description));
    }

    heading("A shell command: its exit status is a result, not an error");
    let failed = json!({ "error": 2, "message": "ls: cannot access '/nope'\n" });
    server.answer("basicShellExec", Answer::json(failed))?;
    let shell = vps.basic_shell_exec().command("ls /nope").await?;
    let output = shell.message.unwrap_or_default();
    println!(
        "exit status {}: {}",
        shell.error.unwrap_or_default(),
        output.trim()
    );

    heading("An API error, by its kind (it came with HTTP 200)");
    let progress = json!({
        "additionalErrorInfo": "Snapshot restore",
        "additionalLockingInfo": {
            "completed_percent": 35,
            "friendly_progress_message": "Writing disk",
            "last_status_update_s_ago": 4,
        },
    });
    let locked = Answer::error("788888", "VE is currently locked").details(progress);
    server.answer("restart", locked)?;
    match vps.restart().await {
        Ok(()) => println!("restarted"),
        Err(e) if e.kind() == ErrorKind::Locked => {
            println!("{e}");
            if let Some(progress) = kiwivm::LockProgress::of(&e) {
                println!("  held by {progress}");
            }
        }
        Err(e) => return Err(e),
    }

    heading("A fleet: three VPSs at once, over one connection pool");
    fleet().await?;

    heading("VPS.org: the account and its domains");
    let credentials = vps_org::Credentials::token("vps_EXAMPLE");
    let server = Server::start(credentials.clone()).await?;
    let account = vps_org::Client::builder(credentials)
        .base_url(server.base_url())
        .build()?;
    account_overview(&account).await?;

    heading("CDNfly: a login, a list page by page, a batch");
    cdn().await?;

    heading("boardmate: the codes of a dashboard");
    let credentials = boardmate::Credentials::key("EXAMPLE");
    let server = Server::start(credentials.clone()).await?;
    let dashboard = boardmate::Client::builder(credentials)
        .base_url(server.base_url())
        .build()?;
    codes_overview(&dashboard).await
}

/// The client logs in by itself, now and when its token has expired.
async fn cdn() -> Result<(), Error> {
    let credentials = cdnfly::Credentials::login("marta@example.com", "EXAMPLE");
    let server = Server::start(credentials.clone()).await?;
    let panel = cdnfly::Client::builder(credentials)
        .base_url(server.base_url())
        .build()?;

    // Two pages of two sites, and a token that expires between them.
    let pages = [
        ("a.example.com", "b.example.com"),
        ("c.example.com", "d.example.com"),
    ];
    for (number, (one, other)) in pages.into_iter().enumerate() {
        if number == 1 {
            let expired = Answer::error("login_required", "").times(1);
            server.answer("listSites", expired)?;
        }
        // Objects come as JSON text here, and numbers as text.
        let backend = r#"[{"addr": "192.0.2.10", "weight": "2"}]"#;
        let rows = json!([
            { "id": 2 * number + 1, "domain": one, "backend": backend },
            { "id": 2 * number + 2, "domain": other, "backend": "[]" },
        ]);
        let page = json!({ "code": 0, "count": "4", "data": rows });
        server.answer("listSites", Answer::json(page).times(1))?;
    }
    sites_overview(&panel).await?;
    let logins = server.requests().into_iter();
    let logins = logins.filter(|request| request.operation.as_deref() == Some("login"));
    println!("logged in {} times", logins.count());

    let job = |url: &str| JobCreate::new("clean_url", JobData::default().url(url));
    let urls = [
        "https://a.example.com/app.js",
        "https://a.example.com/app.css",
    ];
    let jobs = panel.create_job().items(urls.map(job)).await?;
    println!(
        "{} URLs to be removed from the caches, with one request",
        urls.len()
    );
    println!(
        "the first job is {}",
        jobs.first()
            .map_or_else(|| "—".to_owned(), |id| id.to_string())
    );
    Ok(())
}

/// Many clients, each with credentials of its own, share one pool of connections.
async fn fleet() -> Result<(), Error> {
    let pool = hosting_apis::http_client()?;
    let mut servers = Vec::new();
    let mut calls = JoinSet::new();
    for (veid, hostname, used_percent) in [(1, "ams-1", 12), (2, "lax-1", 64), (3, "osa-1", 91)] {
        let credentials = kiwivm::Credentials::new(veid, format!("private_EXAMPLE{veid}"));
        let server = Server::start(credentials.clone()).await?;
        let mut info = server.example("getServiceInfo")?.reply.unwrap_or_default();
        info["hostname"] = json!(hostname);
        let quota = info["plan_monthly_data"].as_i64().unwrap_or_default();
        info["data_counter"] = json!(quota / 100 * used_percent);
        server.answer("getServiceInfo", Answer::json(info))?;

        let builder = kiwivm::Client::builder(credentials).base_url(server.base_url());
        let client = builder.http_client(pool.clone()).build()?;
        calls.spawn(async move { (veid, client.get_service_info().await) });
        servers.push(server);
    }
    let mut rows = calls.join_all().await;
    rows.sort_by_key(|(veid, _)| *veid);
    println!(
        "{:>5}  {:<10} {:<20} {:>9}",
        "veid", "hostname", "location", "traffic"
    );
    for (veid, info) in rows {
        match info {
            Ok(info) => println!(
                "{veid:>5}  {:<10} {:<20} {:>7.0} %",
                or_dash(&info.hostname),
                or_dash(&info.node_location),
                percent(info.data_counter, info.plan_monthly_data),
            ),
            // One VPS that fails doesn't hide the others.
            Err(e) => println!("{veid:>5}  {e}"),
        }
    }
    Ok(())
}

/// Reads only, against the real servers, of whatever the environment has credentials for.
async fn live() -> Result<(), Error> {
    let mut found = false;
    if std::env::var_os("KIWIVM_VEID").is_some() {
        found = true;
        heading("KiwiVM: one VPS");
        vps_overview(&kiwivm::Client::from_env()?).await?;
    }
    let token = ["VPS_ORG_TOKEN", "VPS_ORG_TOKEN_FILE"];
    if token.iter().any(|name| std::env::var_os(name).is_some()) {
        found = true;
        heading("VPS.org: the account and its domains");
        account_overview(&vps_org::Client::from_env()?).await?;
    }
    if std::env::var_os("CDNFLY_BASE_URL").is_some() {
        found = true;
        heading("CDNfly: the sites of a panel");
        sites_overview(&cdnfly::Client::from_env()?).await?;
    }
    if std::env::var_os("BOARDMATE_BASE_URL").is_some() {
        found = true;
        heading("boardmate: the codes of a dashboard");
        codes_overview(&boardmate::Client::from_env()?).await?;
    }
    if !found {
        println!("no credentials in the environment: set KIWIVM_VEID and KIWIVM_API_KEY, or");
        println!("VPS_ORG_TOKEN, or CDNFLY_BASE_URL, CDNFLY_API_KEY and CDNFLY_API_SECRET, or");
        println!("BOARDMATE_BASE_URL and BOARDMATE_KEY, and run this again");
    }
    Ok(())
}

async fn vps_overview(vps: &kiwivm::Client) -> Result<(), Error> {
    let info = vps.get_service_info().await?;
    println!("{:<12} {}", "hostname", or_dash(&info.hostname));
    println!("{:<12} {}", "plan", or_dash(&info.plan));
    println!("{:<12} {}", "location", or_dash(&info.node_location));
    println!("{:<12} {}", "system", or_dash(&info.os));
    println!("{:<12} {}", "addresses", info.ip_addresses.join(", "));
    println!(
        "{:<12} {:.1} GiB",
        "memory",
        gib(info.plan_ram.unwrap_or_default())
    );
    // Both counters are to be multiplied where traffic is dearer.
    let multiplier = info.monthly_data_multiplier.unwrap_or(1.0);
    println!(
        "{:<12} {:.0} of {:.0} GiB ({:.0} %)",
        "traffic",
        gib(info.data_counter.unwrap_or_default()) * multiplier,
        gib(info.plan_monthly_data.unwrap_or_default()) * multiplier,
        percent(info.data_counter, info.plan_monthly_data),
    );
    let limit = vps.get_rate_limit_status().await?;
    let left = limit.remaining_points_15min.unwrap_or_default();
    println!(
        "{:<12} {left} points left for these 15 minutes",
        "rate limit"
    );
    Ok(())
}

async fn account_overview(account: &vps_org::Client) -> Result<(), Error> {
    let me = account.get_account_me().await?;
    let email = me.account.and_then(|account| account.email);
    let token = me.token.unwrap_or_default();
    println!(
        "account {}, token {}",
        or_dash(&email),
        or_dash(&token.name)
    );
    println!("may: {}", token.permissions.join(", "));
    let mut domains = account.list_domains().stream();
    while let Some(domain) = domains.next().await {
        let domain = domain?;
        let status = domain.status.map(|status| status.to_string());
        println!(
            "  {:<22} {:<8} until {}",
            or_dash(&domain.domain_name),
            or_dash(&status),
            or_dash(&domain.expiration_date),
        );
    }
    for server in account.list_servers().await?.results {
        let place = server
            .location_name
            .or(server.location.and_then(|l| l.name));
        println!("  {:<22} in {}", or_dash(&server.hostname), or_dash(&place));
    }
    Ok(())
}

async fn sites_overview(panel: &cdnfly::Client) -> Result<(), Error> {
    let mut sites = panel.list_sites().limit(2).stream();
    while let Some(site) = sites.next().await {
        let site = site?;
        let id = site.id.map(|id| id.to_string());
        println!(
            "  {:>4}  {:<22} {} backends",
            or_dash(&id),
            or_dash(&site.domain),
            site.backend.len()
        );
    }
    Ok(())
}

async fn codes_overview(dashboard: &boardmate::Client) -> Result<(), Error> {
    for (name, code) in dashboard.list_codes().await? {
        let money = code.money.unwrap_or_default();
        println!(
            "  {name:<12} {money:>5} coins, redeemed by {}",
            code.user.len()
        );
    }
    Ok(())
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "─".repeat(text.chars().count()));
}

/// Nearly every field of these replies may be absent.
fn or_dash(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("—")
}

fn gib(bytes: i64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}

fn percent(part: Option<i64>, whole: Option<i64>) -> f64 {
    match (part, whole) {
        (Some(part), Some(whole)) if whole > 0 => 100.0 * part as f64 / whole as f64,
        _ => 0.0,
    }
}
