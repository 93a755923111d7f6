//! Models from the hub, as work under way whose end is notified.

use crate::{Studio, background::facts, tasks::TaskKind};
use nopenai_domain::{Code, Error, Level, Notice, Result, Subject, Topic};
use nopenai_models::{Download, DownloadState, Model};

impl Studio {
    /// Begins to download a model.
    pub(crate) async fn start_download(
        &self,
        repository: &str,
        revision: Option<&str>,
        file: Option<&str>,
    ) -> Result<Download> {
        let added = self.downloads().add(repository, revision, file).await?;
        self.resume_download(&added.name)
    }

    /// Goes on with a download, until it ends or is paused.
    pub(crate) fn resume_download(&self, name: &str) -> Result<Download> {
        let list = self.downloads().list();
        let found = list
            .into_iter()
            .find(|download| download.name == name)
            .ok_or_else(|| Error::new(Code::NotFound, "That download has ended already."))?;
        if matches!(found.state, DownloadState::Paused | DownloadState::Failed) {
            let (studio, name) = (self.clone(), name.to_owned());
            tokio::spawn(async move { studio.download(&name).await });
        }
        Ok(Download { state: DownloadState::Waiting, problem: None, ..found })
    }

    async fn download(&self, name: &str) {
        let now = self.store().clock().now();
        let task = self.tasks().begin(TaskKind::DownloadModel, name.to_owned(), now);
        let progress = |done, total| task.progress(done, Some(total));
        let ended = self.downloads().run(name, progress, &task.cancel).await;
        drop(task);
        if let Some(notice) = notice(name, ended) {
            self.notifications().post(notice).await;
        }
    }
}

/// None for one that was paused, or that is under way already.
fn notice(name: &str, ended: Result<Model>) -> Option<Notice> {
    Some(match ended {
        Ok(model) => Notice {
            level: Level::Info,
            topic: Topic::ModelDownloaded,
            facts: facts([("model", model.name.into())]),
            subject: Some(Subject::Model { model: model.id }),
        },
        Err(error) if matches!(error.code, Code::Cancelled | Code::Busy) => return None,
        Err(error) => Notice {
            level: Level::Error,
            topic: Topic::DownloadFailed,
            facts: facts([("name", name.into()), ("reason", error.message.into())]),
            subject: None,
        },
    })
}
