//! Bodies as the specs have them, the same in every run.
//!
//! Numbers are numbers and flags are bools here, so that plain serde reads them too; what vendors
//! send at their worst, which only the layer reads, is a body of its own.

use std::io::Write;

use hosting_apis::{Api, kiwivm};
use serde_json::{Value, json};

pub fn api_key(veid: u64) -> String {
    format!("private_{veid:024}")
}

/// A reply to getServiceInfo of 2 KB: the spec's example, with more images to boot.
pub fn service_info() -> Vec<u8> {
    let spec: Value = serde_json::from_str(kiwivm::Credentials::SPEC).unwrap();
    let reply = &spec["paths"]["/getServiceInfo"]["post"]["responses"]["200"];
    let mut body = reply["content"]["application/json"]["example"].clone();
    let isos = body["available_isos"].as_array_mut().unwrap();
    isos.extend((1..=12).map(|n| format!("example-netinst-3.{n}.iso").into()));
    body.to_string().into()
}

/// A reply to getRawUsageStats of about this many bytes.
pub fn usage(bytes: usize) -> Vec<u8> {
    usage_with(bytes, "")
}

/// The same as the server wrote it until 2022, all numbers as text.
pub fn usage_as_text(bytes: usize) -> Vec<u8> {
    usage_with(bytes, "\"")
}

fn usage_with(bytes: usize, quote: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(bytes + 256);
    let mut number = Numbers(1);
    body.extend_from_slice(b"{\"data\":[");
    for row in 0.. {
        let q = quote;
        let comma = if row > 0 { "," } else { "" };
        let timestamp = 1_767_225_600 + 300 * row;
        let (cpu, received, sent) = (
            number.below(100),
            number.below(1 << 32),
            number.below(1 << 30),
        );
        let (read, written) = (number.below(1 << 20), number.below(1 << 24));
        write!(
            body,
            "{comma}{{\"timestamp\":{q}{timestamp}{q},\"cpu_usage\":{q}{cpu}{q},\
             \"network_in_bytes\":{q}{received}{q},\"network_out_bytes\":{q}{sent}{q},\
             \"disk_read_bytes\":{q}{read}{q},\"disk_write_bytes\":{q}{written}{q}}}"
        )
        .unwrap();
        if body.len() >= bytes {
            break;
        }
    }
    write!(body, "],\"vm_type\":\"kvm\",\"error\":{quote}0{quote}}}").unwrap();
    body
}

/// A reply to listSites of about this many bytes, its lists and objects as JSON in strings.
pub fn sites(bytes: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(bytes + 4096);
    let mut number = Numbers(1);
    let mut count = 0;
    while rows.len() < bytes {
        if count > 0 {
            rows.push(b',');
        }
        count += 1;
        write!(rows, "{}", site(count, &mut number)).unwrap();
    }
    let mut body = format!("{{\"code\":0,\"count\":{count},\"data\":[").into_bytes();
    body.append(&mut rows);
    body.extend_from_slice(b"],\"msg\":\"\"}");
    body
}

/// The vendor's sample of a row. What is in `proxy_cache`, `acl` and the like isn't documented, so
/// those that aren't empty have something likely in them.
fn site(id: u64, number: &mut Numbers) -> Value {
    let mut backend = || json!({"index": 0, "addr": format!("198.51.100.{}", number.below(256)), "weight": 2, "state": "up"});
    json!({
        "acl": json!({"enable": true, "rules": [{"path": "/admin/", "allow": ["192.0.2.0/24"]}]}).to_string(),
        "acme_proxy_to_orgin": false,
        "backend": json!([backend(), backend()]).to_string(),
        "backend_host": "$host",
        "backend_http_port": "80",
        "backend_https_port": "443",
        "backend_port_mapping": true,
        "backend_protocol": "http",
        "backup_node_group": null,
        "backup_node_group_name": null,
        "balance_way": "rr",
        "black_ip": "203.0.113.7 203.0.113.8",
        "block_proxy": false,
        "block_region": "",
        "cc_default_rule": 10004,
        "cc_switch": "{}",
        "cname_domain": "edge.example.net",
        "cname_hostname": format!("k2xw{id:x}"),
        "cname_mode": "site",
        "cname_state": "done",
        "cname_task_id": 70000 + id,
        "cors": json!({
            "enable": true,
            "allow_origin": "https://app.example.com",
            "allow_methods": "GET POST",
            "allow_headers": "Content-Type",
            "expose_headers": "Content-Length",
            "allow_credentials": false,
            "max_age": 600,
        })
        .to_string(),
        "create_at": null,
        "create_at2": "2022-05-09 10:21:45",
        "domain": format!("www{id}.example.com shop{id}.example.org"),
        "enable": true,
        "enable_backup_group": false,
        "extra_cc_rule": "[]",
        "gzip_enable": true,
        "http_listen": json!({"port": "80"}).to_string(),
        "https_listen": json!({"cert": "95", "port": "443"}).to_string(),
        "id": id,
        "name": format!("shop-{id}"),
        "proxy_cache": json!([{"type": "suffix", "content": "jpg,png,css", "expire": 86400}]).to_string(),
        "state": "200",
        "user_package": 58,
    })
}

/// Numbers that look like chance and aren't: a linear congruential generator.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) % end
    }
}
