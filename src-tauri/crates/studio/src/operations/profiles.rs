//! The team's databases: how to reach them, and whether that works.

use crate::{
    Studio,
    operation::{Entry, Events, Method, NoEvents, Operation, Route},
    team::Team,
};
use nopenai_domain::{Code, ConnectionProfile, Error, ProfileId, Result, ServerKind};
use nopenai_hana::{
    DatabaseError, DeployPlan, Deployment, Diagnosis, Interrupt, Session, SessionFactory, deploy,
    diagnose, dialect::dialect, find_driver, plan,
};
use nopenai_secrets::{Origin, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The operations of this module.
pub const ALL: &[Entry] = &[
    Entry::of::<ListProfiles>(),
    Entry::of::<SaveProfile>(),
    Entry::of::<RemoveProfile>(),
    Entry::of::<ActivateProfile>(),
    Entry::of::<TestProfile>(),
    Entry::of::<PlanDeployment>(),
    Entry::of::<DeploySchema>(),
    Entry::of::<CancelDeployment>(),
    Entry::of::<ReadGrants>(),
];

/// A connection profile as it is kept.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeptProfile {
    /// The profile.
    pub profile: ConnectionProfile,
    /// Whether it is the one that is used.
    pub active: bool,
    /// Where its password is; absent: there is none, or it can't be asked for.
    pub password: Option<Origin>,
}

async fn kept(studio: &Studio, profile: ConnectionProfile, active: bool) -> KeptProfile {
    let name = Team::password_name(profile.id);
    // A locked keyring doesn't keep the profiles from being shown.
    let found = studio.team().secrets().find(name).await.ok().flatten();
    KeptProfile { profile, active, password: found.map(|(origin, _)| origin) }
}

async fn by_id(studio: &Studio, id: ProfileId) -> Result<(ConnectionProfile, bool)> {
    let profiles = studio.store().profiles().list().await?;
    let found = profiles.into_iter().find(|(profile, _)| profile.id == id);
    found.ok_or_else(|| Error::new(Code::NotFound, "There is no such profile any more."))
}

/// Lists the connection profiles, by name. No password is ever given.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ListProfiles {}

impl Operation for ListProfiles {
    const NAME: &'static str = "list_profiles";
    const ROUTE: Route = Route { method: Method::Get, path: "/hana/profiles" };
    type Event = NoEvents;
    type Output = Vec<KeptProfile>;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Vec<KeptProfile>> {
        let mut profiles = Vec::new();
        for (profile, active) in studio.store().profiles().list().await? {
            profiles.push(kept(&studio, profile, active).await);
        }
        Ok(profiles)
    }
}

/// Saves a connection profile in place of the one of its identifier, which who
/// adds one draws (UUID). The password goes into the keyring and nowhere else.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct SaveProfile {
    /// The profile.
    pub profile: ConnectionProfile,
    /// Its password; absent: the one that is kept stays.
    pub password: Option<Secret>,
}

impl Operation for SaveProfile {
    const NAME: &'static str = "save_profile";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/profiles" };
    type Event = NoEvents;
    type Output = KeptProfile;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<KeptProfile> {
        self.profile.validate()?;
        let name = Team::password_name(self.profile.id);
        if let Some(password) = self.password {
            studio.team().secrets().set(name, password).await?;
        }
        studio.store().profiles().save(self.profile.clone()).await?;
        let (profile, active) = by_id(&studio, self.profile.id).await?;
        if active {
            studio.team().profile_changed();
        }
        Ok(kept(&studio, profile, active).await)
    }
}

/// Removes a connection profile and its password. What came from its server
/// stays here.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RemoveProfile {
    /// The profile.
    pub profile: ProfileId,
}

impl Operation for RemoveProfile {
    const NAME: &'static str = "remove_profile";
    const ROUTE: Route = Route { method: Method::Delete, path: "/hana/profiles/{profile}" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        let (profile, active) = by_id(&studio, self.profile).await?;
        studio.team().secrets().clear(Team::password_name(profile.id)).await?;
        studio.store().profiles().remove(profile.id).await?;
        if active {
            studio.team().profile_changed();
        }
        Ok(())
    }
}

/// Chooses the profile that is used; none: everything stays on this machine.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ActivateProfile {
    /// The profile.
    pub profile: Option<ProfileId>,
}

impl Operation for ActivateProfile {
    const NAME: &'static str = "activate_profile";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/active" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        studio.store().profiles().activate(self.profile).await?;
        studio.team().profile_changed();
        Ok(())
    }
}

/// Tries a profile, saved or not, once, and says in words what is wrong. Changes
/// nothing at the server.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TestProfile {
    /// The profile.
    pub profile: ConnectionProfile,
    /// Its password; absent: the one that is kept.
    pub password: Option<Secret>,
}

impl Operation for TestProfile {
    const NAME: &'static str = "test_profile";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/test" };
    type Event = NoEvents;
    type Output = Diagnosis;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Diagnosis> {
        self.profile.validate()?;
        if let Err(error) = find_driver(&self.profile, studio.surroundings().home.as_deref()) {
            return Ok(Diagnosis::of_connecting(&error));
        }
        let credentials = studio.team().credentials(&self.profile, self.password).await?;
        let factory = SessionFactory::new(credentials);
        tokio::task::spawn_blocking(move || diagnose(&factory)).await.map_err(Error::internal)
    }
}

async fn on_session<T: Send + 'static>(
    studio: &Studio,
    profile: ProfileId,
    interrupt: Interrupt,
    work: impl FnOnce(&Session, &str) -> Result<T, DatabaseError> + Send + 'static,
) -> Result<T> {
    let (profile, _) = by_id(studio, profile).await?;
    let credentials = studio.team().credentials(&profile, None).await?;
    let worked = tokio::task::spawn_blocking(move || {
        let schema = credentials.profile.schema.clone();
        let session = SessionFactory::new(credentials).open(interrupt)?;
        work(&session, &schema)
    });
    Ok(worked.await.map_err(Error::internal)??)
}

/// Tells which statements deploying the schema would run, and runs none.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlanDeployment {
    /// The profile.
    pub profile: ProfileId,
}

impl Operation for PlanDeployment {
    const NAME: &'static str = "plan_deployment";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/deployment/plan" };
    type Event = NoEvents;
    type Output = DeployPlan;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<DeployPlan> {
        on_session(&studio, self.profile, Interrupt::default(), plan).await
    }
}

/// Brings the server's schema to this application's version. Safe to repeat; a
/// newer one is refused.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct DeploySchema {
    /// The profile.
    pub profile: ProfileId,
}

impl Operation for DeploySchema {
    const NAME: &'static str = "deploy_schema";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/deployment" };
    type Event = NoEvents;
    type Output = Deployment;

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<Deployment> {
        let clock = studio.store().clock().clone();
        let interrupt = studio.team().begin_deployment();
        let deployed =
            on_session(&studio, self.profile, interrupt.clone(), move |session, schema| {
                deploy(session, schema, &*clock)
            });
        let deployed = deployed.await.map_err(|error| {
            let stopped =
                "The deployment was stopped. What was done stays; deploying again goes on.";
            if interrupt.is_stopped() { Error::new(Code::Cancelled, stopped) } else { error }
        })?;
        studio.team().sync_now();
        Ok(deployed)
    }
}

/// Stops a deployment under way, and what the server is at for it. Deploying again
/// goes on where it was.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct CancelDeployment {}

impl Operation for CancelDeployment {
    const NAME: &'static str = "cancel_deployment";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/deployment/cancel" };
    type Event = NoEvents;
    type Output = ();

    async fn run(self, studio: Studio, _: Events<NoEvents>) -> Result<()> {
        // The driver may take a moment to reach the server.
        tokio::task::spawn_blocking(move || studio.team().cancel_deployment())
            .await
            .map_err(Error::internal)
    }
}

/// Gives the statements that let a database user work with the team's tables,
/// and no more, for an administrator to run. Connects to nothing.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ReadGrants {
    /// The language.
    pub kind: ServerKind,
    /// The schema.
    pub schema: String,
    /// The user.
    pub user: String,
}

impl Operation for ReadGrants {
    const NAME: &'static str = "read_grants";
    const ROUTE: Route = Route { method: Method::Post, path: "/hana/grants" };
    type Event = NoEvents;
    type Output = Vec<String>;

    async fn run(self, _: Studio, _: Events<NoEvents>) -> Result<Vec<String>> {
        Ok(dialect(self.kind).grants(&self.schema, &self.user))
    }
}
