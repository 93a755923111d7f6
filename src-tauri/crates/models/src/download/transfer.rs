//! One file, from the hub to the disk, in as many attempts as it takes.

use super::place::{Place, Plan, sync_folder};
use super::source::Source;
use crate::hub::{Failure, Hub, Recovery};
use crate::space;
use nopenai_domain::{Code, Error};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, HeaderName, IF_RANGE, RANGE},
};
use std::io;
use std::time::Duration;
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

/// How much is written before the disk is asked to keep it and whether more
/// will fit, bytes.
const STRIDE: u64 = 64 << 20;

/// What is told of a download.
pub(super) enum Step<'a> {
    /// So much of the file has arrived, bytes.
    Arrived(u64),
    /// It waits for another attempt, because of this; or goes on.
    Waits(Option<&'a Error>),
    /// All of the file has arrived and is read again.
    Verifies,
}

/// The transfer of a download's files.
pub(super) struct Transfer<'a> {
    pub hub: &'a Hub,
    pub place: &'a Place,
    pub plan: &'a mut Plan,
    pub stop: &'a CancellationToken,
    pub tell: &'a mut (dyn FnMut(&Source, Step<'_>) + Send),
}

/// Where an attempt begins.
struct Start {
    offset: u64,
    etag: Option<String>,
}

impl Transfer<'_> {
    /// Brings `file` to its place, verified.
    ///
    /// # Errors
    /// [`Code::Cancelled`] when it was stopped; what has arrived stays then,
    /// and after every other error but a wrong digest or length.
    pub async fn file(&mut self, file: &Source) -> Result<(), Error> {
        let mut is_second = false;
        loop {
            let attempts = self.all(file).await?;
            (self.tell)(file, Step::Verifies);
            if self.is_verified(file).await? {
                return self.settle(file).await.map_err(|error| self.unwritten(&error));
            }
            self.discard(file).await?;
            // What came in pieces may be of two different files.
            if attempts < 2 || is_second {
                return Err(mismatch(file));
            }
            is_second = true;
        }
    }

    /// Fetches until all has arrived; gives how many pieces it is made of, more
    /// than one when some of it was there.
    async fn all(&mut self, file: &Source) -> Result<u32, Error> {
        let patience = self.hub.patience();
        let mut best = self.arrived(file).await?;
        let mut pieces = u32::from(best > 0);
        let mut fruitless = 0;
        let mut pause = patience.pause;
        while self.arrived(file).await? < file.size || file.size == 0 && pieces == 0 {
            pieces += 1;
            let Err(failure) = self.attempt(file).await else { continue };
            let Recovery::Later(wait) = failure.recovery else { return Err(failure.error) };
            let arrived = self.arrived(file).await?;
            if arrived > best {
                (best, fruitless, pause) = (arrived, 0, patience.pause);
            } else {
                fruitless += 1;
            }
            if fruitless >= patience.attempts {
                return Err(failure.error);
            }
            (self.tell)(file, Step::Waits(Some(&failure.error)));
            self.sleep(wait.unwrap_or(pause)).await?;
            (self.tell)(file, Step::Waits(None));
            pause *= 2;
        }
        Ok(pieces)
    }

    /// How much there is to go on from; more than there should be is thrown
    /// away.
    async fn arrived(&mut self, file: &Source) -> Result<u64, Error> {
        match fs::metadata(self.place.part(file)).await {
            Ok(metadata) if metadata.len() <= file.size => Ok(metadata.len()),
            Ok(_) => self.discard(file).await.map(|()| 0),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(self.unwritten(&error)),
        }
    }

    /// One request, and as much of its answer as comes.
    async fn attempt(&mut self, file: &Source) -> Result<(), Failure> {
        let start = self.start(file).await?;
        let response = self.ask(file, &start).await?;
        let offset = match self.begins_at(file, &start, &response)? {
            Some(offset) => offset,
            None => {
                // The content is another by now, or the server confused.
                self.discard(file).await?;
                return Err(Failure::passing("The hub could not go on where it had stopped."));
            }
        };
        self.remember(file, &response)?;
        self.write(file, offset, response).await
    }

    async fn start(&mut self, file: &Source) -> Result<Start, Error> {
        let offset = self.arrived(file).await?;
        let etag = self.plan.etags.get(file.name()).filter(|_| offset > 0).cloned();
        Ok(Start { offset, etag })
    }

    async fn ask(&mut self, file: &Source, start: &Start) -> Result<Response, Failure> {
        let url = self.hub.address()?.file(&self.plan.repository, &self.plan.revision, &file.path);
        let asked = self.hub.get(url, |mut request| {
            if start.offset > 0 {
                request = request.header(RANGE, format!("bytes={}-", start.offset));
                if let Some(etag) = &start.etag {
                    request = request.header(IF_RANGE, etag);
                }
            }
            request
        });
        tokio::select! {
            response = asked => response,
            () = self.stop.cancelled() => Err(stopped().into()),
        }
    }

    /// Where the answer's bytes belong; none where they can't be used.
    fn begins_at(
        &self,
        file: &Source,
        start: &Start,
        response: &Response,
    ) -> Result<Option<u64>, Failure> {
        let stated = match response.status() {
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(None),
            StatusCode::PARTIAL_CONTENT => {
                let range = header(response, CONTENT_RANGE).as_deref().and_then(content_range);
                let Some((from, total)) = range else { return Ok(None) };
                if from != start.offset {
                    return Ok(None);
                }
                return match total.filter(|total| *total != file.size) {
                    None => Ok(Some(from)),
                    Some(total) => Err(another_size(file, total)),
                };
            }
            _ => header(response, CONTENT_LENGTH).and_then(|text| text.parse::<u64>().ok()),
        };
        match stated.filter(|stated| *stated != file.size) {
            None => Ok(Some(0)),
            Some(stated) => Err(another_size(file, stated)),
        }
    }

    /// Keeps the answer's validator before its first byte, when it can decide
    /// whether the content is the same.
    fn remember(&mut self, file: &Source, response: &Response) -> Result<(), Error> {
        let etag = header(response, ETAG).filter(|etag| etag.starts_with('"') && etag.len() < 200);
        let etags = &mut self.plan.etags;
        if etags.get(file.name()) == etag.as_ref() {
            return Ok(());
        }
        match etag {
            Some(etag) => etags.insert(file.name().to_owned(), etag),
            None => etags.remove(file.name()),
        };
        self.place.keep(self.plan).map_err(|error| self.unwritten(&error))
    }

    async fn write(
        &mut self,
        file: &Source,
        offset: u64,
        mut response: Response,
    ) -> Result<(), Failure> {
        let url = response.url().clone();
        let mut out = self.open(file, offset).await.map_err(|error| self.unwritten(&error))?;
        let mut arrived = offset;
        let mut kept = offset;
        let result = loop {
            let piece = tokio::select! {
                piece = response.chunk() => piece,
                () = self.stop.cancelled() => break Err(stopped().into()),
            };
            let piece = match piece {
                Ok(Some(piece)) => piece,
                Ok(None) => break Ok(()),
                Err(error) => break Err(Failure::network(&url, &error)),
            };
            if piece.len() as u64 > file.size - arrived {
                self.discard(file).await?;
                return Err(too_long(file));
            }
            if let Err(error) = out.write_all(&piece).await {
                break Err(self.unwritten(&error).into());
            }
            arrived += piece.len() as u64;
            (self.tell)(file, Step::Arrived(arrived));
            if arrived - kept >= STRIDE {
                kept = arrived;
                if let Err(error) = self.keep(&mut out, file.size - arrived).await {
                    break Err(error.into());
                }
            }
        };
        // Also after an error: what has arrived is what is gone on from.
        let flushed = out.flush().await.map_err(|error| self.unwritten(&error));
        result?;
        flushed?;
        if arrived == file.size {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default();
        Err(Failure::passing(format!(
            "The connection to {host} ended after {arrived} of {} bytes.",
            file.size
        )))
    }

    async fn open(&mut self, file: &Source, offset: u64) -> io::Result<File> {
        let path = self.place.part(file);
        if offset == 0 {
            return File::create(path).await;
        }
        OpenOptions::new().append(true).open(path).await
    }

    /// Has the disk keep what was written, and looks whether the rest will fit.
    async fn keep(&mut self, out: &mut File, missing: u64) -> Result<(), Error> {
        out.flush().await.map_err(|error| self.unwritten(&error))?;
        out.sync_data().await.map_err(|error| self.unwritten(&error))?;
        space::check(&self.place.folder(), missing)
    }

    async fn is_verified(&mut self, file: &Source) -> Result<bool, Error> {
        let (path, digest, size) = (self.place.part(file), file.digest.clone(), file.size);
        let stop = self.stop.clone();
        let verified = tokio::task::spawn_blocking(move || digest.is_of(&path, size, &stop));
        verified.await.map_err(Error::internal)?.map_err(|error| match error.kind() {
            io::ErrorKind::Interrupted => stopped(),
            _ => self.unwritten(&error),
        })
    }

    async fn settle(&mut self, file: &Source) -> io::Result<()> {
        let (part, whole) = (self.place.part(file), self.place.whole(file));
        File::open(&part).await?.sync_all().await?;
        fs::rename(part, &whole).await?;
        whole.parent().map_or(Ok(()), sync_folder)
    }

    async fn discard(&mut self, file: &Source) -> Result<(), Error> {
        match fs::remove_file(self.place.part(file)).await {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.unwritten(&error)),
            _ => Ok(()),
        }
    }

    async fn sleep(&mut self, time: Duration) -> Result<(), Error> {
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.stop.cancelled() => Err(stopped()),
        }
    }

    fn unwritten(&self, error: &io::Error) -> Error {
        space::unwritten(&self.place.model(), error)
    }
}

fn stopped() -> Error {
    Error::new(Code::Cancelled, "The download was paused.")
}

fn mismatch(file: &Source) -> Error {
    let message = format!(
        "What the hub sent for {} does not have the checksum that it states; it was thrown away. \
         Try again later, or choose another model.",
        file.name()
    );
    Error::new(Code::FileUnavailable, message).with("file", file.name())
}

fn another_size(file: &Source, stated: u64) -> Failure {
    Failure::lasting(format!(
        "The hub sends {stated} bytes for {}, and lists {}. Try again later, or choose another \
         model.",
        file.name(),
        file.size
    ))
}

fn too_long(file: &Source) -> Failure {
    Failure::lasting(format!(
        "The hub sent more for {} than the {} bytes it lists; it was thrown away.",
        file.name(),
        file.size
    ))
}

fn header(response: &Response, name: HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

/// The first position and the whole length of "bytes 10-99/100".
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, _) = range.split_once('-')?;
    Some((from.trim().parse().ok()?, total.trim().parse().ok()))
}
