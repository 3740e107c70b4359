//! The opponent: reqwest and serde written by hand for these calls, as well as one can in an
//! afternoon, and with no more than they need.
//!
//! It has every declared field of the crate's types, the envelope in the same struct, the same
//! timeouts, and the JSON in CDNfly's strings read to types too. It isn't lenient: where the crate
//! has `Id`, it has `i64`, and it doesn't keep what the spec doesn't name (`extra`). These bodies
//! need neither.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use reqwest::header::ACCEPT;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bodies;

#[derive(Debug)]
pub enum Error {
    Http(reqwest::Error),
    Status(StatusCode),
    Json(serde_json::Error),
    Utf8(std::str::Utf8Error),
    Api {
        code: String,
        message: Option<String>,
    },
}

impl From<reqwest::Error> for Error {
    fn from(error: reqwest::Error) -> Self {
        Error::Http(error)
    }
}

pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
        .user_agent("by-hand/1.0")
        .no_proxy()
        .build()
        .unwrap()
}

pub struct KiwiVm {
    http: reqwest::Client,
    base_url: String,
    veid: u64,
    api_key: String,
}

#[derive(Serialize)]
struct Credentials<'a> {
    veid: u64,
    api_key: &'a str,
}

impl KiwiVm {
    pub fn new(http: reqwest::Client, base_url: &str, veid: u64) -> Self {
        KiwiVm {
            http,
            base_url: base_url.to_owned(),
            veid,
            api_key: bodies::api_key(veid),
        }
    }

    pub async fn get_service_info(&self) -> Result<ServiceInfo, Error> {
        self.post("getServiceInfo").await
    }

    pub async fn get_raw_usage_stats(&self) -> Result<RawUsageStats, Error> {
        self.post("getRawUsageStats").await
    }

    async fn post<T: Reply>(&self, operation: &str) -> Result<T, Error> {
        let credentials = Credentials {
            veid: self.veid,
            api_key: &self.api_key,
        };
        let request = self.http.post(format!("{}/{operation}", self.base_url));
        let request = request
            .header(ACCEPT, "application/json")
            .form(&credentials);
        read(request.send().await?).await
    }
}

pub struct Cdnfly {
    http: reqwest::Client,
    base_url: String,
    key: String,
    secret: String,
}

impl Cdnfly {
    pub fn new(base_url: &str) -> Self {
        Cdnfly {
            http: http_client(),
            base_url: base_url.to_owned(),
            key: "EXAMPLE_KEY".to_owned(),
            secret: "EXAMPLE_SECRET".to_owned(),
        }
    }

    pub async fn list_sites(&self) -> Result<SiteList, Error> {
        let request = self.http.get(format!("{}/v1/sites", self.base_url));
        let request = request
            .header(ACCEPT, "application/json")
            .header("api-key", &self.key)
            .header("api-secret", &self.secret);
        read(request.send().await?).await
    }
}

async fn read<T: Reply>(response: Response) -> Result<T, Error> {
    let status = response.status();
    parse(status, &response.bytes().await?)
}

/// What the calls make of a body, without a socket.
pub fn decode<T: Reply>(body: Vec<u8>) -> T {
    parse(StatusCode::OK, &body).unwrap()
}

fn parse<T: Reply>(status: StatusCode, body: &[u8]) -> Result<T, Error> {
    if !status.is_success() {
        return Err(Error::Status(status));
    }
    // Looked through once, and not again in each string.
    let text = str::from_utf8(body).map_err(Error::Utf8)?;
    serde_json::from_str(text)
        .map_err(Error::Json)
        .and_then(T::check)
}

/// A reply with its envelope.
pub trait Reply: DeserializeOwned {
    fn check(self) -> Result<Self, Error>;
}

impl Reply for ServiceInfo {
    fn check(self) -> Result<Self, Error> {
        match self.error {
            0 => Ok(self),
            code => Err(failure(code, self.message)),
        }
    }
}

impl Reply for RawUsageStats {
    fn check(self) -> Result<Self, Error> {
        match self.error {
            0 => Ok(self),
            code => Err(failure(code, self.message)),
        }
    }
}

impl Reply for SiteList {
    fn check(self) -> Result<Self, Error> {
        match self.code.as_i64() {
            Some(0) => Ok(self),
            _ => Err(failure(self.code, self.msg)),
        }
    }
}

fn failure(code: impl ToString, message: Option<String>) -> Error {
    Error::Api {
        code: code.to_string(),
        message,
    }
}

/// Reads a value from the JSON in a string.
fn json_text<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct Text<T>(PhantomData<T>);

    impl<T: DeserializeOwned> Visitor<'_> for Text<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("JSON in a string")
        }
        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
            serde_json::from_str(text).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Text(PhantomData))
}

#[derive(Debug, Deserialize)]
pub struct ServiceInfo {
    error: i64,
    message: Option<String>,
    pub vm_type: Option<VmType>,
    pub hostname: Option<String>,
    pub node_alias: Option<String>,
    pub node_location_id: Option<String>,
    pub node_location: Option<String>,
    pub node_datacenter: Option<String>,
    pub location_ipv6_ready: Option<bool>,
    pub plan: Option<String>,
    pub plan_monthly_data: Option<i64>,
    pub monthly_data_multiplier: Option<f64>,
    pub plan_disk: Option<i64>,
    pub plan_ram: Option<i64>,
    pub plan_swap: Option<i64>,
    pub plan_max_ipv6s: Option<i64>,
    pub os: Option<String>,
    pub email: Option<String>,
    pub data_counter: Option<i64>,
    pub data_next_reset: Option<i64>,
    #[serde(default)]
    pub ip_addresses: Vec<String>,
    pub ipv6_sit_tunnel_endpoint: Option<String>,
    #[serde(default)]
    pub private_ip_addresses: Vec<String>,
    #[serde(default)]
    pub ip_nullroutes: BTreeMap<String, Nullroute>,
    pub iso1: Option<String>,
    pub iso2: Option<String>,
    #[serde(default)]
    pub available_isos: Vec<String>,
    pub plan_private_network_available: Option<bool>,
    pub location_private_network_available: Option<bool>,
    pub rdns_api_available: Option<bool>,
    #[serde(default)]
    pub ptr: BTreeMap<String, Option<String>>,
    pub suspended: Option<bool>,
    pub policy_violation: Option<bool>,
    pub suspension_count: Option<i64>,
    pub total_abuse_points: Option<i64>,
    pub max_abuse_points: Option<i64>,
    pub free_ip_replacement_interval: Option<i64>,
    pub node_ip: Option<String>,
    pub plan_kiwivm_theme: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Nullroute {
    pub nullroute_timestamp: Option<i64>,
    pub nullroute_duration_s: Option<i64>,
    pub log: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct RawUsageStats {
    error: i64,
    message: Option<String>,
    #[serde(default)]
    pub data: Vec<UsageRecord>,
    pub vm_type: Option<VmType>,
}

#[derive(Debug, Deserialize)]
pub struct UsageRecord {
    pub timestamp: Option<i64>,
    pub cpu_usage: Option<i64>,
    pub network_in_bytes: Option<i64>,
    pub network_out_bytes: Option<i64>,
    pub disk_read_bytes: Option<i64>,
    pub disk_write_bytes: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VmType {
    Ovz,
    Kvm,
}

#[derive(Debug, Deserialize)]
pub struct SiteList {
    /// 0, or the text of a failure.
    code: Value,
    msg: Option<String>,
    pub count: Option<i64>,
    #[serde(default)]
    pub data: Vec<Site>,
}

#[derive(Debug, Deserialize)]
pub struct Site {
    pub id: Option<i64>,
    pub name: Option<String>,
    pub user_package: Option<i64>,
    pub domain: Option<String>,
    pub enable: Option<bool>,
    pub state: Option<String>,
    #[serde(default, deserialize_with = "json_text")]
    pub backend: Vec<Backend>,
    pub backend_protocol: Option<String>,
    pub backend_host: Option<String>,
    pub backend_http_port: Option<String>,
    pub backend_https_port: Option<String>,
    pub backend_port_mapping: Option<bool>,
    pub balance_way: Option<BalanceWay>,
    #[serde(default, deserialize_with = "json_text")]
    pub condition_backend: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub health_check: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub http_listen: Option<HttpListen>,
    #[serde(default, deserialize_with = "json_text")]
    pub https_listen: Option<HttpsListen>,
    pub proxy_ssl_protocols: Option<String>,
    pub proxy_http_version: Option<String>,
    pub proxy_timeout: Option<i64>,
    pub range: Option<i64>,
    #[serde(default, deserialize_with = "json_text")]
    pub slice: Option<Value>,
    pub websocket_enable: Option<bool>,
    pub post_size_limit: Option<i64>,
    pub gzip_enable: Option<bool>,
    pub gzip_types: Option<String>,
    #[serde(default, deserialize_with = "json_text")]
    pub proxy_cache: Option<Value>,
    pub cc_default_rule: Option<i64>,
    #[serde(default, deserialize_with = "json_text")]
    pub cc_switch: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub extra_cc_rule: Option<Value>,
    pub block_proxy: Option<bool>,
    pub black_ip: Option<String>,
    pub white_ip: Option<String>,
    pub block_region: Option<String>,
    #[serde(default, deserialize_with = "json_text")]
    pub acl: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub hotlink: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub cors: Option<Cors>,
    pub page_403: Option<String>,
    pub page_404: Option<String>,
    pub page_500: Option<String>,
    pub page_502: Option<String>,
    pub page_504: Option<String>,
    #[serde(default, deserialize_with = "json_text")]
    pub req_header: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub resp_header: Option<Value>,
    #[serde(default, deserialize_with = "json_text")]
    pub url_rewrite: Option<Value>,
    pub acme_proxy_to_orgin: Option<bool>,
    pub cname_domain: Option<String>,
    pub cname_hostname: Option<String>,
    pub cname_hostname2: Option<String>,
    pub cname_mode: Option<String>,
    pub cname_state: Option<String>,
    pub cname_task_id: Option<i64>,
    pub enable_backup_group: Option<bool>,
    pub backup_node_group: Option<String>,
    pub backup_node_group_name: Option<String>,
    pub create_at: Option<String>,
    pub create_at2: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Backend {
    pub index: Option<i64>,
    pub addr: Option<String>,
    pub weight: Option<i64>,
    pub state: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct HttpListen {
    pub port: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct HttpsListen {
    pub cert: Option<String>,
    pub port: Option<String>,
    pub ssl_protocols: Option<String>,
    pub ssl_ciphers: Option<String>,
    pub ssl_prefer_server_ciphers: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Cors {
    pub enable: Option<bool>,
    pub allow_origin: Option<String>,
    pub allow_methods: Option<String>,
    pub allow_headers: Option<String>,
    pub expose_headers: Option<String>,
    pub allow_credentials: Option<bool>,
    pub max_age: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BalanceWay {
    Rr,
    IpHash,
}
