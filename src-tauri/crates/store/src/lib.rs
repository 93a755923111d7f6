//! nopenai-store
