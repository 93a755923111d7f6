import Profile, { portOf } from "../../model/Profile";
import Team from "../../model/Team";
import { changed, headerText, phaseIcon, phaseState, script } from "../../model/teamFormat";
import { FakeBackend, type Scenario } from "../fake/FakeBackend";
import { CONFLICT, PROFILE, syncStatus } from "../fake/team";

function start(scenario: Scenario) {
    const backend = new FakeBackend(scenario);
    backend.install();
    return { backend, team: new Team(), calls: (name: string) => backend.calls.filter(({ operation }) => operation === name) };
}

QUnit.module("Team");

QUnit.test("the header names each state", (assert) => {
    const shown = (change: Parameters<typeof syncStatus>[0]) => headerText(syncStatus({ server: "hana", ...change }));
    assert.strictEqual(headerText(null), "Team");
    assert.strictEqual(shown({ phase: "none" }), "Team");
    assert.strictEqual(shown({ phase: "offline" }), "HANA: Offline");
    assert.strictEqual(shown({ phase: "connecting" }), "HANA: Connecting");
    assert.strictEqual(shown({ phase: "synced" }), "HANA: Synced");
    assert.strictEqual(shown({ phase: "synced", pending: 12 }), "HANA: 12 pending");
    assert.strictEqual(shown({ phase: "error" }), "HANA: Error");
    assert.strictEqual(phaseState(syncStatus({ phase: "synced", refused: 1 })), "Warning");
    assert.notStrictEqual(phaseIcon(syncStatus({ phase: "synced", refused: 1 })), phaseIcon(syncStatus({ phase: "synced" })));
});

QUnit.test("conflicts are restored or left, and then gone", async (assert) => {
    const other = { ...CONFLICT, key: { ...CONFLICT.key, row: "slow" } };
    const { team, calls } = start({ conflicts: [CONFLICT, other], sync: { phase: "synced" } });
    await team.look(true);
    await team.restore(CONFLICT);
    await team.keep(other);
    assert.deepEqual(team.model.getProperty("/conflicts"), []);
    assert.deepEqual(calls("restore_conflict").map(({ input }) => input), [{ conflict: CONFLICT.key }]);
    assert.deepEqual(calls("dismiss_conflict").map(({ input }) => input), [{ conflict: other.key }]);
});

QUnit.test("what differs between two versions of a row is named", (assert) => {
    assert.strictEqual(changed(CONFLICT.row, CONFLICT.current), "name: Mine");
    assert.strictEqual(changed(null, CONFLICT.row), "Deleted");
    assert.strictEqual(script(["A", "B"]), "A;\nB;");
});

QUnit.test("a profile is saved with its password, which is then nowhere", async (assert) => {
    const { calls } = start({});
    const profile = new Profile();
    profile.edit(null);
    profile.model.setProperty("/fields/name", " Team ");
    profile.model.setProperty("/fields/port", "30015");
    profile.model.setProperty("/fields/password", "secret");
    assert.ok(await profile.save());
    const { input } = calls("save_profile")[0] as { input: { profile: typeof PROFILE; password: string } };
    assert.strictEqual(input.password, "secret");
    assert.strictEqual(input.profile.name, "Team");
    assert.strictEqual(input.profile.port, 30_015);
    assert.notOk(JSON.stringify(input.profile).includes("secret"));
    profile.edit({ profile: PROFILE, active: true, password: { kind: "keyring" } });
    assert.strictEqual(profile.model.getProperty("/fields/password"), "");
    assert.strictEqual(profile.model.getProperty("/hasPassword"), true);
});

QUnit.test("a copy is another profile and has no password", (assert) => {
    const profile = new Profile();
    profile.edit({ profile: PROFILE, active: true, password: { kind: "keyring" } }, true);
    assert.strictEqual(profile.model.getProperty("/fields/name"), "Production (copy)");
    assert.strictEqual(profile.model.getProperty("/hasPassword"), false);
});

QUnit.test("the field that is wrong is marked", async (assert) => {
    const problem = { code: "invalid_input", message: "The host is a name or an address.", details: { field: "host" } } as const;
    start({ profileProblem: problem });
    const profile = new Profile();
    profile.edit(null);
    assert.notOk(await profile.save());
    assert.strictEqual(profile.model.getProperty("/invalid"), "host");
});

QUnit.test("another kind has another usual port, and one that was typed stays", (assert) => {
    const profile = new Profile();
    profile.edit(null);
    profile.model.setProperty("/fields/kind", "postgre_sql");
    profile.kindChanged();
    assert.strictEqual(profile.model.getProperty("/fields/port"), "5432");
    profile.model.setProperty("/fields/port", "6000");
    profile.model.setProperty("/fields/kind", "hana");
    profile.kindChanged();
    assert.strictEqual(profile.model.getProperty("/fields/port"), "6000");
    assert.deepEqual(["5432", " 1 ", "0", "70000", "x", ""].map(portOf), [5432, 1, 0, 0, 0, 0]);
});
