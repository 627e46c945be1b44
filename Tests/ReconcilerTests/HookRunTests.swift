// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("What becomes of hooks' runs, and what they wrote last")
struct HookRunTests {
    private static func hook(_ name: String, _ phase: String, tag: String = "1", wave: String? = nil) -> Object {
        var job: Object = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": [
                "template": ["spec": ["containers": [["name": "main", "image": .string("\(name):\(tag)")]]]]
            ],
        ]
        job.set(.string(phase), at: "metadata", "annotations", Hook.key)
        if let wave { job.set(.string(wave), at: "metadata", "annotations", "argocd.argoproj.io/sync-wave") }
        return job
    }

    /// It is given the Secret's keys.
    private static func given(_ secret: String, optional: Bool = false, _ job: Object) -> Object {
        var job = job
        let container: Value = [
            "name": "main", "image": .string(job.firstImage ?? ""),
            "envFrom": [["secretRef": ["name": .string(secret), "optional": .bool(optional)]]],
        ]
        job.set([container], at: "spec", "template", "spec", "containers")
        return job
    }

    /// Of all rollouts: `migrate succeeded: its lines`.
    private func kept(_ world: World) -> [String] {
        world.store.state.withLock(\.hookRuns).map { run, _ in
            "\(run.object.name.prefix { $0 != "-" }) \(run.outcome): \(run.lines.joined(separator: ", "))"
        }
    }

    private static let token = Planet.secret("token", [("password", "aHVudGVyMiEh")])

    @Test("Of each it is kept once how it ended, without secrets; of Jobs that are no hooks it is not")
    func ends() throws {
        try World.run { world in
            world.cluster.put(Self.token)
            world.cluster.setLog(["as hunter2!! to postgres://u:p@db/x", "done"])
            var plain = Self.hook("import", "before")
            plain.set(nil, at: "metadata", "annotations")
            let alarm = Self.hook("alarm", "on-failure")
            try await world.begin(
                with: Planet.api(
                    "1", [Self.given("token", optional: true, Self.hook("seed", "before")), plain, alarm]),
                untilWell: Planet.api)
            let lines = "as [secret] to postgres://[secret]@db/x, done"
            #expect(kept(world) == ["seed succeeded: \(lines)"])
            let failing = [
                Self.given("token", Self.hook("seed", "before", tag: "2")), Self.hook("migrate", "before", tag: "fail"),
                alarm,
            ]
            world.source.push("two", Planet.api("2", failing))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(
                kept(world).dropFirst() == [
                    "seed succeeded: \(lines)", "migrate failed: \(lines)", "alarm succeeded: \(lines)",
                ])
            let rollouts = world.store.rollouts(of: Planet.api)
            let ids = world.store.state.withLock(\.hookRuns).map(\.rollout)
            #expect(ids == [0, 1, 1, 1].map { rollouts[$0].start.id })
            #expect(rollouts[1].verdict?.cause?.logLines.joined(separator: ", ") == lines)
        }
    }

    @Test(
        "What is not waited for any longer is unfinished: beside a run that failed, and a hook for failures past its time"
    )
    func unfinished() throws {
        try World.run { world in
            var alarm = Self.hook("alarm", "on-failure", tag: "long")
            alarm.set("5s", at: "metadata", "annotations", Hook.deadlineKey)
            let hooks = [
                Self.hook("slow", "before", tag: "long", wave: "-1"),
                Self.hook("migrate", "before", tag: "fail", wave: "-1"), alarm,
            ]
            world.source.push("one", Planet.api("1", hooks))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(kept(world) == ["migrate failed: ", "slow unfinished: ", "alarm unfinished: "])
        }
    }

    @Test(
        "A kubelet that does not answer holds nothing up, and neither does one that refuses", arguments: [true, false])
    func unread(isSilent: Bool) throws {
        try World.run { world in
            world.cluster.setLog(["done"], after: isSilent ? .seconds(3600) : .zero)
            if !isSilent {
                world.cluster.refuse { call in
                    call.verb == .log ? ClusterFailure(code: .forbidden, message: "no pods/log here") : nil
                }
            }
            world.source.push("one", Planet.api("1", [Self.hook("migrate", "before")]))
            world.start()
            try await world.until("well", within: .seconds(60)) { world.phase(Planet.api) == .succeeded }
            #expect(kept(world) == ["migrate succeeded: "])
        }
    }

    @Test(
        "Nothing is quoted where a Secret cannot be read, or is gone that the run began with", arguments: [true, false])
    func secretUnknown(isGone: Bool) throws {
        try World.run { world in
            world.cluster.put(Self.token)
            world.cluster.setLog(["as hunter2!!"])
            world.source.push(
                "one", Planet.api("1", [Self.given("token", Self.hook("migrate", "before", tag: "long"))]))
            world.start()
            try await world.until("it runs") {
                world.cluster.calls.contains { $0.object?.kind == "Job" && $0.verb == .apply }
            }
            try await world.pass(.seconds(10))
            if isGone {
                world.cluster.remove(Self.token.objectID)
            } else {
                world.cluster.refuse { call in
                    guard call.verb == .get, call.object?.kind == "Secret" else { return nil }
                    return ClusterFailure(code: .forbidden, message: "no Secrets here")
                }
            }
            try await world.until("recorded") { !kept(world).isEmpty }
            #expect(kept(world) == ["migrate succeeded: "])
        }
    }

    @Test("Whatever moment the daemon is killed at, each run is recorded once, with what it wrote")
    func onceOverRestarts() throws {
        func play(killedAfter effect: Int?) throws -> (kept: [String], effects: Int) {
            try World.run { world in
                world.cluster.setLog(["done"])
                world.source.push("one", Planet.api("1", [Self.hook("migrate", "before")]))
                world.start(dyingAfterEffect: effect)
                if effect != nil {
                    try await world.until("killed") { world.life?.isOver == true }
                    await world.life?.wait()
                    try await world.pass(.seconds(5))
                    world.start()
                }
                try await world.untilWell(Planet.api)
                return (kept(world), world.effects)
            }
        }
        let undisturbed = try play(killedAfter: nil)
        #expect(undisturbed.kept == ["migrate succeeded: done"])
        for effect in 1..<undisturbed.effects {
            #expect(try play(killedAfter: effect).kept == undisturbed.kept, "killed after effect \(effect)")
        }
    }

    // MARK: When it goes

    @Test(
        "A failure hook's run goes with its application, and is pruned when the hook leaves git",
        arguments: [true, false])
    func failureHooksRunGoes(isDestroyed: Bool) throws {
        try World.run { world in
            func runs() -> [ObjectID] {
                world.cluster.state.withLock { $0.objects.keys.filter { $0.kind == "Job" }.sorted() }
            }
            world.source.push("one", Planet.api("bad", [Self.hook("alarm", "on-failure")]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(runs().count == 1)
            if isDestroyed {
                let scope = Suspension.Scope(application: "api", environment: "staging")
                let listed = try await world.ask(.destroy(scope, phrase: nil, reason: nil))
                #expect(listed.items.contains { $0.hasPrefix("Job staging/alarm-") })
                try await world.ask(.destroy(scope, phrase: listed.code, reason: nil))
                try await world.until("destroyed") { world.status(Planet.api)?.cause?.reason == "Destroyed" }
            } else {
                world.source.push("two", Planet.api("2"))
                try await world.untilWell(Planet.api)
            }
            #expect(runs() == [])
            #expect(!world.store.inventory(of: Planet.api).contains { $0.object.kind == "Job" })
        }
    }
}
