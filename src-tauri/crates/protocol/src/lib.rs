//! nopenai-protocol
