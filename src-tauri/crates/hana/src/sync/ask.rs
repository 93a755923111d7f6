//! Asking the server off the async threads, and taking it back.

use super::{engine::SyncError, server::Server};
use crate::{Backoff, Class, DatabaseError, retry};
use std::{sync::Arc, time::Duration};
use tokio::{task::spawn_blocking, time::timeout};
use tokio_util::sync::CancellationToken;

/// How often the server is told that it was cancelled, and at which distance: a
/// statement may begin just after one was ended.
const INTERRUPTS: u32 = 10;
const INTERRUPT_EVERY: Duration = Duration::from_millis(50);

/// Asks the server, again while that is worth it. When it is cancelled, the
/// server is told to end what it is at.
///
/// # Errors
/// [`SyncError::Cancelled`]; what the server says.
pub async fn ask<T, F>(
    server: &Arc<dyn Server>,
    backoff: Backoff,
    cancel: &CancellationToken,
    work: F,
) -> Result<T, SyncError>
where
    T: Send + 'static,
    F: Fn(&dyn Server) -> crate::Result<T> + Send + 'static,
{
    let (asking, cancelled) = (server.clone(), cancel.clone());
    let mut asked = spawn_blocking(move || retry(&backoff, &cancelled, || work(&*asking)));
    let answer = tokio::select! {
        answer = &mut asked => answer,
        () = cancel.cancelled() => tokio::select! {
            answer = &mut asked => answer,
            () = interrupt(server) => return Err(SyncError::Cancelled),
        },
    };
    let ended = |_| DatabaseError::new(Class::Other, "The request ended unexpectedly.");
    match answer.map_err(ended)? {
        Err(_) if cancel.is_cancelled() => Err(SyncError::Cancelled),
        answer => Ok(answer?),
    }
}

/// Tells the server to end what it is at, until that should have had an effect: a
/// connection that is dead answers nothing, and is left to its limits of time.
/// What is left behind is safe, as is everything that is repeated.
async fn interrupt(server: &Arc<dyn Server>) {
    for _ in 0..INTERRUPTS {
        let telling = server.clone();
        // Telling can hang too, and is left as well.
        let _ = timeout(INTERRUPT_EVERY, spawn_blocking(move || telling.interrupt())).await;
        tokio::time::sleep(INTERRUPT_EVERY).await;
    }
}
