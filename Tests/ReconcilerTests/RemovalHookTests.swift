// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Synchronization
import Testing

@testable import Reconciler

@Suite("What is done when an application is removed")
struct RemovalHookTests {
    static func job(_ name: String, _ hook: String, tag: String = "1", delete: String? = nil) -> Object {
        var job: Object = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": [
                "template": [
                    "spec": [
                        "restartPolicy": "Never",
                        "containers": [["name": "main", "image": .string("registry.example.com/\(name):\(tag)")]],
                    ]
                ]
            ],
        ]
        job.set(.string(hook), at: "metadata", "annotations", "argocd.argoproj.io/hook")
        if let delete {
            job.set(.string(delete), at: "metadata", "annotations", "argocd.argoproj.io/hook-delete-policy")
        }
        return job
    }

    static let rest = (Planet.application("worker"), [Planet.deployment("worker", tag: "1")])
    static let without = Planet.commit([rest])

    static func with(
        _ hooks: [Object], tag: String = "1", _ change: (inout Application) -> Void = { _ in }
    ) -> FakeSource.Commit {
        Planet.commit([
            (Planet.application("api", change), [Planet.deployment("api", tag: tag), Planet.configMap("a")] + hooks),
            rest,
        ])
    }

    /// What was done to objects, the worker's aside, in order: by the first word of their names.
    func story(_ world: World) -> [String] {
        world.cluster.mutations.filter { $0.object?.name.hasPrefix("worker") == false }.map { call in
            let name = call.object?.name.split(separator: "-").first.map(String.init) ?? ""
            return "\(call.verb.rawValue) \(name)"
        }
    }

    func jobs(_ world: World) -> [Object] {
        world.cluster.state.withLock { $0.objects.values.filter { $0.kind == "Job" } }.sorted { $0.name < $1.name }
    }

    @Test("A backup is run before anything is deleted, and what follows once all is gone; no rollout runs them")
    func order() throws {
        try World.run { world in
            let hooks = [
                Self.job("backup", "PreDelete", tag: "long1"),
                Self.job("farewell", "PostDelete", delete: "HookSucceeded"),
            ]
            try await world.begin(with: Self.with(hooks), untilWell: Planet.api)
            #expect(jobs(world).isEmpty)
            let before = story(world)
            world.source.push("two", Self.without)
            try await world.until("the backup is run") { !jobs(world).isEmpty }
            try await world.pass(.seconds(30))
            // Nothing goes while it runs, and a restart runs it no second time.
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            await world.restart()
            try await world.until("read again") { world.status(Planet.api) != nil }
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            let after = story(world).dropFirst(before.count)
            #expect(after.filter { $0 == "apply backup" }.count == 1 && after.first == "apply backup")
            #expect(after.suffix(2) == ["apply farewell", "delete farewell"])
            #expect(after.contains("delete api") && after.contains("delete a"))
            #expect(jobs(world).map(\.name.description).count == 1, "the backup's logs stay")
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("backup-") && $0.contains("was run") })
        }
    }

    @Test("How each ended is kept with the removal, and what it wrote last, though it is looked at again and again")
    func lines() throws {
        try World.run { world in
            world.cluster.setLog(["as hunter2!! to db"])
            let secret = Planet.secret("token", namespace: "", [("password", "aHVudGVyMiEh")])
            let hooks = [
                Self.job("backup", "PreDelete"),
                Self.job("farewell", "PostDelete", tag: "fail1", delete: "HookSucceeded"),
            ]
            world.source.push("one", Self.with(hooks + [secret]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Self.without)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            try await world.pass(.seconds(900))
            await world.restart()
            try await world.until("blocked again") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            try await world.pass(.seconds(900))
            let kept = world.store.state.withLock(\.hookRuns)
            #expect(
                kept.map { "\($0.run.object.name.prefix { $0 != "-" }) \($0.run.outcome) \($0.run.lines)" } == [
                    #"backup succeeded ["as [secret] to db"]"#, #"farewell failed ["as [secret] to db"]"#,
                ])
            let removal = world.store.rollouts(of: Planet.api).last?.start
            #expect(kept.allSatisfy { $0.rollout == removal?.id } && removal?.trigger == .removal)
            #expect(world.cluster.calls.count { $0.verb == .log } == 2)
        }
    }

    @Test("Where the backup fails nothing is deleted, and the cause is named")
    func failure() throws {
        try World.run { world in
            try await world.begin(
                with: Self.with([Self.job("backup", "PreDelete", tag: "fail1")]), untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            try await world.pass(.seconds(600))
            #expect(world.status(Planet.api)?.phase == .blocked)
            #expect(world.cluster.object(Planet.apiDeployment) != nil)
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
        }
    }

    @Test("A person's word to go on without a hook is over once the application is rolled out again")
    func releasedBefore() throws {
        try World.run { world in
            let hooks = [Self.job("backup", "PreDelete", tag: "fail1")]
            world.source.push("one", Self.with(hooks))
            world.start()
            try await world.untilWell(Planet.api)
            for (number, commit) in ["two", "four"].enumerated() {
                world.source.push(commit, Self.without)
                try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
                try await world.ask(.release(Planet.api, nil))
                try await world.until("done") { world.status(Planet.api) == nil }
                guard number == 0 else { break }
                world.source.push("three", Self.with(hooks))
                try await world.untilWell(Planet.api)
            }
        }
    }

    @Test("A removal that is called off is stuck no more: nothing is left to go on without")
    func calledOff() throws {
        try World.run { world in
            let hooks = [Self.job("backup", "PreDelete", tag: "fail1")]
            try await world.begin(with: Self.with(hooks), untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "HookFailed" }
            world.source.push("three", Self.with(hooks))
            try await world.untilWell(Planet.api)
            #expect(try await world.refusal(of: .release(Planet.api, nil)) == "NothingToRelease")
        }
    }

    @Test("What is to be done afterwards is not forgotten, though nothing else is left when the daemon ends")
    func restartAfterwards() throws {
        try World.run { world in
            try await world.begin(
                with: Self.with([Self.job("farewell", "PostDelete", tag: "long1")]), untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("the farewell is run") { !jobs(world).isEmpty }
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            await world.restart()
            try await world.until("read again") { world.status(Planet.api) != nil }
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(jobs(world).count == 1 && jobs(world).allSatisfy { Hook.hasSucceeded($0) })
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(story(world).filter { $0 == "apply farewell" }.count == 1)
        }
    }

    @Test("An application that comes back and is removed again has its hooks run again")
    func again() throws {
        try World.run { world in
            let hooks = [Self.job("backup", "PreDelete")]
            for round in 1...2 {
                world.source.push("with-\(round)", Self.with(hooks))
                if round == 1 { world.start() }
                try await world.until("there") {
                    world.phase(Planet.api) == .succeeded && world.cluster.object(Planet.apiDeployment) != nil
                }
                try await world.pass(.seconds(60))
                world.source.push("without-\(round)", Self.without)
                try await world.until("gone", within: .seconds(900)) {
                    world.status(Planet.api) == nil && world.cluster.object(Planet.apiDeployment) == nil
                }
            }
            #expect(story(world).filter { $0 == "apply backup" }.count == 2)
        }
    }

    @Test(
        "What is run is run once, though the clock was ahead when the application was rolled out",
        arguments: [true, false])
    func clock(stays: Bool) throws {
        try World.run { world in
            world.setClock(by: .seconds(86_400))
            let backup = Self.job("backup", "PreDelete", tag: "long1", delete: stays ? nil : "HookSucceeded")
            try await world.begin(with: Self.with([backup]), untilWell: Planet.api)
            world.setClock(by: .seconds(-86_400))
            // It is looked at again after it has run.
            world.cluster.refuse { call in
                guard call.verb == .delete, call.object == Planet.apiDeployment else { return nil }
                return ClusterFailure(code: .serverError, message: "busy")
            }
            world.source.push("two", Self.without)
            try await world.until("the backup has run", within: .seconds(900)) {
                world.cluster.mutations.contains { $0.verb == .delete && $0.object == Planet.apiDeployment }
            }
            try await world.pass(.seconds(600))
            world.cluster.refuseNothing()
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
            #expect(story(world).filter { $0 == "apply backup" }.count == 1)
            #expect(story(world).contains("delete backup") != stays)
        }
    }

    @Test("Before it is known whether a person is to be asked, nothing is run", arguments: [true, false])
    func unknown(isUnread: Bool) throws {
        try World.run { world in
            let maps = (0..<10).map { Planet.configMap("settings-\($0)") }
            let hooks = [Self.job("backup", "PreDelete")]
            try await world.begin(with: Self.with(hooks + maps), untilWell: Planet.api)
            var without = Self.without
            if isUnread {
                without.files["apps/worker"] = .failure(
                    SourceFailure(code: .manifests, message: "line 3: not YAML", isTransient: false))
            } else {
                world.cluster.refuse { call in
                    guard call.verb == .get, call.object?.name == "settings-3" else { return nil }
                    return ClusterFailure(code: .serverError, message: "busy")
                }
            }
            world.source.push("two", without)
            let reason = isUnread ? Pruner.unreadReason : ClusterFailure.Code.serverError.rawValue
            try await world.until("it is told why") { world.status(Planet.api)?.cause?.reason == reason }
            try await world.pass(.seconds(600))
            #expect(world.status(Planet.api)?.phase == .blocked)
            #expect(jobs(world).isEmpty)
            world.cluster.refuseNothing()
            world.source.push("three", Self.without)
            try await world.until("a person is asked", within: .seconds(900)) {
                world.status(Planet.api)?.cause?.reason == "ApprovalRequired"
            }
            try await world.pass(.seconds(600))
            #expect(jobs(world).isEmpty)
        }
    }

    @Test("What the pipeline says of a removal while that waits is heeded, and stays its last word")
    func anotherPolicy() throws {
        try World.run { world in
            let api = TargetID(application: "api", environment: "production")
            let deployment = Planet.id("Deployment", "api", in: "production")
            let production = Environment(name: "production", namespace: "production")
            @Sendable func commit(
                _ environments: [String], _ policy: Application.Removal, isThere: Bool = true
            ) -> FakeSource.Commit {
                let application = Planet.application("api", in: environments) { $0.onRemoval = policy }
                let objects = [Planet.deployment("api", tag: "1"), Self.job("backup", "PreDelete", tag: "fail1")]
                return Planet.commit(
                    (isThere ? [(application, objects)] : []) + [Self.rest], environments: [Planet.staging, production])
            }
            try await world.begin(with: commit(["staging", "production"], .prune), untilWell: Planet.api, api)
            world.source.push("two", commit(["staging"], .prune))
            try await world.until("blocked") { world.status(api)?.cause?.reason == "HookFailed" }
            world.cluster.refuse { call in
                call.verb == .patch ? ClusterFailure(code: .serverError, message: "busy") : nil
            }
            world.source.push("three", commit(["staging"], .orphan))
            try await world.until("is being let go of", within: .seconds(300)) {
                world.status(api)?.cause?.message == "busy"
            }
            // Now nothing is said of it any more.
            world.source.push("four", commit([], .prune, isThere: false))
            try await world.until("read") { world.daemonStatus?.pipeline.revision == "four" }
            try await world.pass(.seconds(60))
            world.cluster.refuseNothing()
            try await world.until("let go", within: .seconds(900)) { world.status(api) == nil }
            #expect(world.cluster.object(deployment) != nil)
            #expect(world.cluster.object(deployment)?.labels[OwnerLabel.key] == nil)
        }
    }

    @Test("What is let go of is not removed: nothing is run")
    func orphan() throws {
        try World.run { world in
            try await world.begin(
                with: Self.with([Self.job("backup", "PreDelete")]) { $0.onRemoval = .orphan }, untilWell: Planet.api)
            world.source.push("two", Self.without)
            try await world.until("let go") { world.status(Planet.api) == nil }
            #expect(world.cluster.object(Planet.apiDeployment) != nil && jobs(world).isEmpty)
        }
    }
}
