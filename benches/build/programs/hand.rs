//! What one writes without the crate: a call of KiwiVM's `getServiceInfo`.

use std::time::Duration;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Envelope {
    error: i64,
    message: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ServiceInfo {
    hostname: Option<String>,
    os: Option<String>,
    plan_ram: Option<u64>,
    plan_disk: Option<u64>,
    data_counter: Option<u64>,
    #[serde(default)]
    ip_addresses: Vec<String>,
    suspended: Option<bool>,
}

struct Client {
    http: reqwest::Client,
    base_url: String,
    veid: String,
    api_key: String,
}

impl Client {
    fn from_env() -> Result<Self, Box<dyn std::error::Error>> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Client {
            http,
            base_url: std::env::var("KIWIVM_BASE_URL")
                .unwrap_or_else(|_| "https://api.64clouds.com/v1".to_owned()),
            veid: std::env::var("KIWIVM_VEID")?,
            api_key: std::env::var("KIWIVM_API_KEY")?,
        })
    }

    async fn get_service_info(&self) -> Result<ServiceInfo, Box<dyn std::error::Error>> {
        let form = [("veid", &self.veid), ("api_key", &self.api_key)];
        let reply = self
            .http
            .post(format!("{}/getServiceInfo", self.base_url))
            .form(&form)
            .send()
            .await?
            .error_for_status()?
            .bytes()
            .await?;
        let envelope: Envelope = serde_json::from_slice(&reply)?;
        if envelope.error != 0 {
            let message = envelope.message.unwrap_or_default();
            return Err(format!("error {}: {message}", envelope.error).into());
        }
        Ok(serde_json::from_slice(&reply)?)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let info = client.get_service_info().await?;
    println!("{info:?}");
    Ok(())
}
