//! A call of each of the four APIs.

use hosting_apis::{Error, boardmate, cdnfly, kiwivm, vps_org};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = kiwivm::Client::from_env()?;
    let info = client.get_service_info().await?;
    println!("{info:?}");
    let client = vps_org::Client::from_env()?;
    let domains = client.list_domains().await?;
    println!("{domains:?}");
    let client = cdnfly::Client::from_env()?;
    let sites = client.list_sites().await?;
    println!("{sites:?}");
    let client = boardmate::Client::from_env()?;
    let codes = client.list_codes().await?;
    println!("{codes:?}");
    Ok(())
}
