use crate::{Error, ModelId, Result, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The longest name, and the longest model identifier, in characters.
const MOST_CHARACTERS: usize = 200;

/// A model behind an OpenAI-compatible endpoint. Its key is in the keyring, and
/// nowhere here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemoteModel {
    /// Its identifier here: "remote:" and a UUIDv7.
    pub id: ModelId,
    /// A person's name for it.
    pub name: String,
    /// The endpoint's address, without a slash at its end, to which
    /// "/chat/completions" is added: "https://api.example.com/v1".
    pub base_url: String,
    /// What the endpoint calls the model.
    pub model: String,
    /// Tokens that prompt and answer may have together, as a person knows them;
    /// the endpoint keeps its own bound.
    pub context_length: Option<u32>,
    /// Whether a key of it was put into the keyring.
    pub has_key: bool,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

impl RemoteModel {
    /// Where its prompts go: host, and port when one is named.
    pub fn host(&self) -> &str {
        let rest = self.base_url.split_once("://").map_or(self.base_url.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default()
    }

    /// How far that is.
    pub fn place(&self) -> Place {
        let host = self.host();
        // A port follows the last colon, but for an IPv6 address in brackets.
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        Place::of(name)
    }

    /// Whether what goes there is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.base_url.starts_with("https://")
    }

    /// Checks names and figures; the address is checked by whoever connects.
    ///
    /// # Errors
    /// [`crate::Code::InvalidInput`] naming the field.
    pub fn validate(&self) -> Result<()> {
        for (field, text) in [("name", &self.name), ("model", &self.model)] {
            let length = text.trim().chars().count();
            if !(1..=MOST_CHARACTERS).contains(&length) || text.chars().any(char::is_control) {
                let message = format!("One line of 1 to {MOST_CHARACTERS} characters is expected.");
                return Err(Error::invalid(field, message));
            }
        }
        match self.context_length {
            Some(length) if !(128..=16_777_216).contains(&length) => {
                Err(Error::invalid("context_length", "A context has 128 to 16,777,216 tokens."))
            }
            _ => Ok(()),
        }
    }
}

/// How far away an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// On this computer: nothing leaves it.
    ThisComputer,
    /// At a private address: what is sent stays in this network.
    PrivateNetwork,
    /// Anywhere.
    Internet,
}

impl Place {
    /// Of a host's name or address. A name tells nothing about where it leads,
    /// but for "localhost".
    pub fn of(host: &str) -> Self {
        if host == "localhost" {
            return Self::ThisComputer;
        }
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let Ok(address) = bare.parse::<IpAddr>() else { return Self::Internet };
        match address.to_canonical() {
            address if address.is_loopback() => Self::ThisComputer,
            IpAddr::V4(v4) if v4.is_private() || v4.is_link_local() => Self::PrivateNetwork,
            IpAddr::V6(v6) if v6.is_unique_local() || v6.is_unicast_link_local() => {
                Self::PrivateNetwork
            }
            _ => Self::Internet,
        }
    }
}

/// That a run was answered elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RemoteUse {
    /// The host the prompt was sent to, with the port when one was named.
    pub host: String,
    /// What was set for the run and not sent, since the protocol does not know
    /// it or the endpoint refuses it: parameters by their names, and
    /// "context_policy".
    pub left_out: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(base_url: &str) -> RemoteModel {
        RemoteModel {
            id: ModelId::remote(),
            name: "A".to_owned(),
            base_url: base_url.to_owned(),
            model: "m".to_owned(),
            context_length: None,
            has_key: false,
            changed_at: Timestamp(0),
        }
    }

    #[test]
    fn where_prompts_go_is_told_with_the_port() {
        assert_eq!(at("https://api.example.com/v1").host(), "api.example.com");
        assert_eq!(at("http://127.0.0.1:8080/v1").host(), "127.0.0.1:8080");
        assert_eq!(at("http://[::1]:8080").host(), "[::1]:8080");
    }

    #[test]
    fn how_far_that_is_follows_from_the_address() {
        for (url, place) in [
            ("http://localhost:11434/v1", Place::ThisComputer),
            ("http://127.8.9.1/v1", Place::ThisComputer),
            ("http://[::1]:8000", Place::ThisComputer),
            ("http://[::ffff:10.0.0.1]", Place::PrivateNetwork),
            ("http://192.168.1.20:8000/v1", Place::PrivateNetwork),
            ("http://[fd00::1]/v1", Place::PrivateNetwork),
            ("https://8.8.8.8", Place::Internet),
            ("https://localhost.example.com", Place::Internet),
            ("https://192.168.1.1.example.com", Place::Internet),
        ] {
            assert_eq!(at(url).place(), place, "{url}");
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let field = |model: RemoteModel| {
            let error = model.validate().err()?;
            Some(error.details["field"].as_str()?.to_owned())
        };
        let good = at("https://a.example");
        assert_eq!(field(good.clone()), None);
        assert_eq!(field(RemoteModel { name: " ".into(), ..good.clone() }).unwrap(), "name");
        assert_eq!(field(RemoteModel { model: "a\nb".into(), ..good.clone() }).unwrap(), "model");
        let short = RemoteModel { context_length: Some(1), ..good };
        assert_eq!(field(short).unwrap(), "context_length");
    }
}
