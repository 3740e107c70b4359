//! The call of `hand.rs`, by the crate with one API.

use hosting_apis::{Error, kiwivm};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let client = kiwivm::Client::from_env()?;
    let info = client.get_service_info().await?;
    println!("{info:?}");
    Ok(())
}
