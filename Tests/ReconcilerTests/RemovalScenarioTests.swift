// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import Testing

@Suite("What leaves git, and what a person has a say in")
struct RemovalScenarioTests {
    private static func maps(_ numbers: Range<Int>) -> [Object] { numbers.map { Planet.configMap("settings-\($0)") } }

    private static func there(_ world: World) -> Int {
        (0..<20).count { world.cluster.object(Planet.id("ConfigMap", "settings-\($0)")) != nil }
    }

    private static func code(_ world: World) async throws -> String {
        try #require(try await world.ask(.approvePrune(Planet.api, code: nil)).code)
    }

    @Test("More objects than go without a person are listed, and go once exactly these were approved")
    func approval() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<10)), untilWell: Planet.api)
            #expect(try await world.refusal(of: .approvePrune(Planet.api, code: nil)) == "NothingToApprove")
            world.source.push("two", Planet.api("2", Self.maps(0..<2)))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(600))
            #expect(Self.there(world) == 10)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(
                notes.contains { $0.contains("8 objects") && $0.contains("mainstay approve api -e staging --prune") })
            let stale = try await Self.code(world)
            // One more leaves git: what was listed before is not what would go now.
            world.source.push("three", Planet.api("2", Self.maps(0..<1)))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(try await world.refusal(of: .approvePrune(Planet.api, code: stale)) == "Changed")
            let listed = try await world.ask(.approvePrune(Planet.api, code: nil))
            #expect(listed.items.count == 9)
            try await world.pass(.seconds(60))
            #expect(Self.there(world) == 10, "to list is not to approve")
            await world.restart()
            try await world.until("read again") { world.status(Planet.api) != nil }
            try await world.ask(.approvePrune(Planet.api, code: try await Self.code(world)))
            try await world.until("pruned") { Self.there(world) == 1 }
            try await world.until("well") { world.phase(Planet.api) == .succeeded }
            try await world.pass(.seconds(600))
            #expect(world.store.rollouts(of: Planet.api).last?.start.trigger == .approve)
            #expect(world.store.rollouts(of: Planet.api).count == 4)
        }
    }

    @Test("An application that leaves the pipeline goes only with a person's word, where it is large")
    func largeRemoval() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<10)), untilWell: Planet.api)
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "ApprovalRequired" }
            try await world.pass(.seconds(600))
            #expect(Self.there(world) == 10)
            try await world.ask(.approvePrune(Planet.api, code: try await Self.code(world)))
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(Self.there(world) == 0)
            #expect(world.cluster.object(Planet.apiDeployment) == nil)
        }
    }

    @Test(
        "Killed between its last deletion and its verdict, a removal is concluded after the restart",
        arguments: [false, true])
    func cutOffBeforeItsVerdict(isPutBack: Bool) throws {
        try World.run { world in
            let worker = (Planet.application("worker"), [Planet.configMap("w")])
            let api = (Planet.application("api"), [Planet.deployment("api", tag: "1")])
            try await world.begin(with: Planet.commit([api, worker]), untilWell: Planet.api, Planet.worker)
            world.store.refuse { if case .verdict = $0 { true } else { false } }
            world.source.push("two", Planet.commit([worker]))
            try await world.until("gone") { world.store.inventory(of: Planet.api).isEmpty }
            await world.stop()
            world.store.refuse(nil)
            if isPutBack { world.source.push("three", Planet.commit([api, worker])) }
            world.start()
            try await world.pass(.seconds(120))
            let rollouts = world.store.rollouts(of: Planet.api)
            #expect(rollouts[1].start.trigger == .removal && rollouts[1].past.phase.isFinal)
            #expect(rollouts.count == (isPutBack ? 3 : 2))
            #expect(rollouts.last?.past.phase == .succeeded)
            #expect((world.status(Planet.api) == nil) == !isPutBack)
        }
    }

    @Test(
        "With onRemoval: orphan it keeps running, nobody's, and is adopted again without a conflict",
        arguments: [true, false])
    func orphan(ofTheApplication: Bool) throws {
        try World.run { world in
            var staging = Planet.staging
            if !ofTheApplication { staging.onRemoval = .orphan }
            let api = Planet.application("api") { if ofTheApplication { $0.onRemoval = .orphan } }
            let worker = (Planet.application("worker"), [Planet.configMap("w")])
            let objects = [Planet.deployment("api", tag: "1"), Planet.service("api")]
            try await world.begin(
                with: Planet.commit([(api, objects), worker], environments: [staging]), untilWell: Planet.api,
                Planet.worker)
            let uid = world.cluster.object(Planet.apiDeployment)?.uid
            // The environment no longer says so either: what it said last counts.
            world.source.push("two", Planet.commit([worker]))
            try await world.until("let go") { world.status(Planet.api) == nil }
            let live = try #require(world.cluster.object(Planet.apiDeployment))
            #expect(live.uid == uid)
            #expect(live.labels[OwnerLabel.key] == nil)
            #expect(live.metadata["managedFields"]?.array?.contains { $0["manager"]?.string == "mainstay" } == false)
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
            #expect(world.cluster.isServing(Planet.apiDeployment))

            world.source.push("three", Planet.commit([(api, objects), worker]))
            try await world.until("adopted") { world.phase(Planet.api) == .succeeded }
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            #expect(world.cluster.object(Planet.apiDeployment)?.labels[OwnerLabel.key] != nil)
        }
    }

    @Test("Nothing is pruned while an application cannot be read that may ask for it now; afterwards it goes")
    func brokenElsewhere() throws {
        try World.run { world in
            let worker = Planet.application("worker")
            let api = Planet.application("api")
            let deployment = [Planet.deployment("api", tag: "1")]
            try await world.begin(
                with: Planet.commit([(api, deployment + Self.maps(0..<1)), (worker, [Planet.configMap("w")])]),
                untilWell: Planet.api, Planet.worker)
            // The object moves to the worker, whose files are broken in this very commit.
            var halfDone = Planet.commit([(api, deployment), (worker, [])])
            halfDone.breakFiles(of: "worker")
            world.source.push("two", halfDone)
            try await world.until("two is well") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(600))
            #expect(Self.there(world) == 1)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("while worker in staging cannot be read") })
            let uid = world.cluster.object(Planet.id("ConfigMap", "settings-0"))?.uid
            world.source.push(
                "three", Planet.commit([(api, deployment), (worker, [Planet.configMap("w")] + Self.maps(0..<1))]))
            try await world.until("moved") {
                world.store.inventory(of: Planet.worker).contains { $0.object.name == "settings-0" }
            }
            #expect(world.cluster.object(Planet.id("ConfigMap", "settings-0"))?.uid == uid)
        }
    }

    @Test("What was left over then goes once everything can be read, without another commit to the application")
    func leftOver() throws {
        try World.run { world in
            let worker = Planet.application("worker")
            let api = Planet.application("api")
            let deployment = [Planet.deployment("api", tag: "1")]
            try await world.begin(
                with: Planet.commit([(api, deployment + Self.maps(0..<1)), (worker, [Planet.configMap("w")])]),
                untilWell: Planet.api, Planet.worker)
            var broken = Planet.commit([(api, deployment), (worker, [])])
            broken.breakFiles(of: "worker")
            world.source.push("two", broken)
            try await world.until("two is well") { world.status(Planet.api)?.revision == "two" }
            world.source.push("three", Planet.commit([(api, deployment), (worker, [Planet.configMap("w")])]))
            try await world.until("pruned") { Self.there(world) == 0 }
        }
    }

    @Test("An application is not removed while another cannot be read: it may have been renamed")
    func renamedAndBroken() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            let uid = world.cluster.object(Planet.apiDeployment)?.uid
            let gateway = Planet.application("gateway")
            var broken = Planet.commit([(gateway, [])])
            broken.breakFiles(of: "gateway")
            world.source.push("two", broken)
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "ApplicationUnread" }
            try await world.pass(.seconds(600))
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            world.source.push(
                "three", Planet.commit([(gateway, [Planet.deployment("api", tag: "1"), Planet.service("api")])]))
            try await world.until("moved") { world.status(Planet.api) == nil }
            try await world.pass(.seconds(60))
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
        }
    }

    @Test("An environment that is renamed keeps its objects")
    func renamedEnvironment() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            let uid = world.cluster.object(Planet.apiDeployment)?.uid
            let stage = Environment(name: "stage", namespace: "staging")
            world.source.push(
                "two",
                Planet.commit(
                    [
                        (
                            Planet.application("api", in: ["stage"]),
                            [Planet.deployment("api", tag: "1"), Planet.service("api")]
                        )
                    ], environments: [stage]))
            let moved = TargetID(application: "api", environment: "stage")
            try await world.until("moved") { world.phase(moved) == .succeeded && world.status(Planet.api) == nil }
            #expect(world.cluster.object(Planet.apiDeployment)?.uid == uid)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
            #expect(world.store.inventory(of: Planet.api).isEmpty)
            #expect(world.store.inventory(of: moved).count == 2)
        }
    }

    private static func removals(_ world: World) -> Int {
        world.store.rollouts(of: Planet.api).count { $0.start.trigger == .removal }
    }

    private static func claim(_ name: String) -> Object {
        ["apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)], "spec": [:]]
    }

    @Test("What a removal keeps begins no other, until there is something to delete", arguments: [false, true])
    func keptAndOver(isGated: Bool) throws {
        try World.run { world in
            let (data, logs) = (Planet.id("PersistentVolumeClaim", "data"), Planet.id("PersistentVolumeClaim", "logs"))
            @Sendable func worker(_ name: String) -> FakeSource.Commit {
                var staging = Planet.staging
                if isGated { staging.deploy = .manual }
                return Planet.commit(
                    [(Planet.application("worker"), [Planet.configMap(name)])],
                    environments: [staging, Planet.infrastructure])
            }
            world.source.push("one", Planet.api("1", [Self.claim("data"), Self.claim("logs")]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(Self.removals(world) == 1)
            for name in ["three", "four"] {
                world.source.push(name, worker(name))
                try await world.until("read") { world.daemonStatus?.pipeline.revision == name }
                try await world.pass(.seconds(120))
                await world.restart()
                try await world.pass(.seconds(120))
                #expect(world.status(Planet.api) == nil)
            }
            #expect(Self.removals(world) == 1)
            // A person deletes one: that is over as quietly.
            world.cluster.remove(logs)
            await world.restart()
            try await world.pass(.seconds(120))
            #expect(world.store.inventory(of: Planet.api).map(\.object) == [data])
            #expect(Self.removals(world) == 1)
            guard !isGated else { return }
            var live = try #require(world.cluster.object(data))
            live.set("allowed", at: "metadata", "annotations", ObjectMarks.pruneKey)
            world.cluster.put(live)
            await world.restart()
            try await world.until("deleted") { world.cluster.object(data) == nil }
            try await world.until("gone") { world.status(Planet.api) == nil }
            #expect(Self.removals(world) == 2)
        }
    }

    @Test("What was left to keep is not over before the cluster was asked, and then without a word")
    func keptAndDown() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1", [Self.claim("data")]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.until("gone") { world.status(Planet.api) == nil }
            await world.stop()
            world.cluster.goDown()
            world.start()
            try await world.pass(.seconds(120))
            world.cluster.comeBack()
            try await world.until("well", within: .seconds(900)) { world.phase(Planet.worker) == .succeeded }
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(Self.removals(world) == 1)
            #expect(world.store.inventory(of: Planet.api).count == 1)
        }
    }

    @Test("A removal that has begun is finished, whatever closes the gate", arguments: [true, false])
    func begun(withRestart: Bool) throws {
        try World.run { world in
            world.source.push("one", Planet.api("1", Self.maps(0..<3)))
            world.start()
            try await world.untilWell(Planet.api)
            world.cluster.refuse { call in
                guard call.verb == .delete, call.object?.name == "settings-1" else { return nil }
                return ClusterFailure(code: .serverError, message: "busy")
            }
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.until("begun") { world.status(Planet.api)?.cause?.message == "busy" }
            let scope = Suspension.Scope(environment: "staging")
            try await world.ask(.freeze(scope, until: nil, reason: "holidays"))
            // Decided anew, more than once.
            for _ in 1...2 where withRestart {
                await world.restart()
                try await world.until("goes on") { world.status(Planet.api)?.cause?.message == "busy" }
            }
            try await world.pass(.seconds(60))
            #expect(world.status(Planet.api)?.waits == [])
            #expect(world.store.rollouts(of: Planet.api).last?.phases.contains(.superseded) == false)
            world.cluster.refuseNothing()
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(Self.there(world) == 0)
            #expect(Self.removals(world) == 1)
        }
    }

    /// A workload that uses settings: they go after it.
    private static func user(_ name: String, _ numbers: Range<Int>) -> Object {
        var deployment = Planet.deployment(name, tag: "1")
        let settings = numbers.map { Value.object(["configMapRef": ["name": .string("settings-\($0)")]]) }
        let container: Object = [
            "name": "main", "image": .string("registry.example.com/\(name):1"), "envFrom": .array(settings),
        ]
        deployment.set([.object(container)], at: "spec", "template", "spec", "containers")
        return deployment
    }

    /// Deployments go when their finalizers let them, and not before; deleted is answered with an error.
    private static func holdDeployments(_ world: World) {
        world.cluster.meddle { call, state in
            guard call.verb == .delete, let id = call.object, id.kind == "Deployment", let live = state.objects[id]
            else { return }
            var going = live
            going.set("2027-01-15T08:00:00Z", at: "metadata", "deletionTimestamp")
            state.objects[id] = going
        }
        world.cluster.refuse { call in
            guard call.verb == .delete, call.object?.kind == "Deployment" else { return nil }
            return ClusterFailure(code: .serverError, message: "timed out")
        }
    }

    @Test("What was approved goes on though its first objects are long in going", arguments: [true, false])
    func approvedInWaves(withRestart: Bool) throws {
        try World.run { world in
            let objects = [Self.user("api", 0..<10)] + Self.maps(0..<10)
            world.source.push("one", Planet.commit([(Planet.application("api"), objects)]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([(Planet.application("worker"), [Planet.configMap("w")])]))
            try await world.until("blocked") { world.status(Planet.api)?.cause?.reason == "ApprovalRequired" }
            Self.holdDeployments(world)
            try await world.ask(.approvePrune(Planet.api, code: try await Self.code(world)))
            try await world.until("begun") {
                world.cluster.object(Planet.apiDeployment)?.metadata["deletionTimestamp"] != nil
            }
            try await world.pass(.seconds(300))
            if withRestart { await world.restart() }
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.cause?.reason != "ApprovalRequired")
            world.cluster.remove(Planet.apiDeployment)
            try await world.until("gone", within: .seconds(900)) { world.status(Planet.api) == nil }
            #expect(Self.there(world) == 0)
        }
    }

    @Test("The rest of an approved prune goes later, but not where git asks for part of it again")
    func approvedRest() throws {
        try World.run { world in
            let old = Planet.id("Deployment", "old")
            let parts = [Self.user("old", 0..<10)] + Self.maps(0..<10)
            world.source.push("one", Planet.api("1", parts))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.api("2"))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            Self.holdDeployments(world)
            try await world.ask(.approvePrune(Planet.api, code: try await Self.code(world)))
            try await world.until("begun") { world.cluster.object(old)?.metadata["deletionTimestamp"] != nil }
            // Longer than a rollout waits for it.
            try await world.pass(.seconds(7200))
            #expect(world.phase(Planet.api) == .succeeded)
            #expect(Self.there(world) == 10)
            // Two of them are wanted again: what is left is not what was agreed to.
            world.source.push("three", Planet.api("3", Self.maps(0..<2)))
            try await world.until("three", within: .seconds(7200)) { world.status(Planet.api)?.revision == "three" }
            world.cluster.remove(old)
            try await world.pass(.seconds(30_000))
            #expect(Self.there(world) == 10)
            world.source.push("four", Planet.api("4"))
            try await world.until("gone", within: .seconds(7200)) { Self.there(world) == 0 }
            let approvals = world.store.state.withLock { $0.approvals.count { $0.kind == .prune } }
            #expect(approvals == 1)
        }
    }

    @Test("What depends on others goes first")
    func order() throws {
        try World.run { world in
            let job = Planet.application("worker")
            world.source.push(
                "one",
                Planet.commit([
                    (
                        job,
                        [
                            Planet.secret("token", [("a", "b")]),
                            Planet.deployment("worker", tag: "1", secret: "token"),
                        ]
                    )
                ]))
            world.start()
            try await world.until("well") { world.phase(Planet.worker) == .succeeded }
            world.source.push("two", Planet.api("1"))
            try await world.until("gone") { world.status(Planet.worker) == nil }
            let deletes = world.cluster.mutations.filter { $0.verb == .delete }.compactMap(\.object?.kind)
            #expect(deletes == ["Deployment", "Secret"])
        }
    }

    @Test("What waits behind a finalizer begins no rollout after rollout, and goes once that is gone")
    func heldBack() throws {
        try World.run { world in
            let old = Planet.id("Deployment", "old")
            let token = Planet.id("Secret", "token")
            let parts = [
                Planet.secret("token", [("a", "b")]), Planet.deployment("old", tag: "1", secret: "token"),
            ]
            try await world.begin(with: Planet.api("1", parts), untilWell: Planet.api)
            var going = try #require(world.cluster.object(old))
            going.set("2027-01-15T08:00:00Z", at: "metadata", "deletionTimestamp")
            world.cluster.put(going)
            world.source.push("two", Planet.api("2"))
            try await world.until("two", within: .seconds(1200)) { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(7200))
            #expect(world.store.rollouts(of: Planet.api).count == 2)
            #expect(world.cluster.object(token) != nil)
            world.cluster.remove(old)
            try await world.until("gone", within: .seconds(30_000)) { world.cluster.object(token) == nil }
            try await world.pass(.seconds(7200))
            #expect(world.store.rollouts(of: Planet.api).count == 3)
        }
    }

    @Test("What may not be deleted holds a rollout up for its timeout, is named, and is tried again ever more rarely")
    func refused() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<1)), untilWell: Planet.api)
            world.cluster.refuse { call in
                call.verb == .delete ? ClusterFailure(code: .forbidden, message: "may not delete configmaps") : nil
            }
            world.source.push("two", Planet.api("2"))
            try await world.until("two", within: .seconds(1200)) {
                world.store.rollouts(of: Planet.api).last?.verdict?.outcome == .healthy
                    && world.status(Planet.api)?.revision == "two"
            }
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("settings-0 is not pruned yet: may not delete") })
            try await world.pass(.seconds(6 * 3600))
            #expect((3...9).contains(world.store.rollouts(of: Planet.api).count))
            world.cluster.refuseNothing()
            try await world.until("gone", within: .seconds(30_000)) { Self.there(world) == 0 }
        }
    }

    @Test("What is suspended counts among what there is when it is asked whether too much would go")
    func suspendedCount() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1", Self.maps(0..<12)), untilWell: Planet.api)
            for number in 0..<6 {
                let scope = Suspension.Scope(
                    application: "api", environment: "staging",
                    object: Suspension.ObjectName("ConfigMap/settings-\(number)"))
                try await world.ask(.suspend(scope, reason: "by hand"))
            }
            world.source.push("two", Planet.api("2", Self.maps(0..<6)))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            try await world.pass(.seconds(600))
            #expect(Self.there(world) == 6)
            #expect(world.store.rollouts(of: Planet.api).count == 2)
        }
    }

    @Test("With onRemoval: orphan, what a person set aside and what another daemon has are not touched")
    func orphanLeavesAlone() throws {
        try World.run { world in
            let worker = (Planet.application("worker"), [Planet.configMap("w")])
            let api = Planet.application("api") { $0.onRemoval = .orphan }
            let objects = ["held", "theirs", "plain"].map { Planet.configMap($0) }
            world.source.push("one", Planet.commit([(api, objects), worker]))
            world.start()
            try await world.until("well") { world.phase(Planet.api) == .succeeded }
            let scope = Suspension.Scope(
                application: "api", environment: "staging", object: Suspension.ObjectName("ConfigMap/held"))
            try await world.ask(.suspend(scope, reason: "by hand"))
            var theirs = try #require(world.cluster.object(Planet.id("ConfigMap", "theirs")))
            theirs.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(theirs)
            let patches = world.cluster.mutations.count
            world.source.push("two", Planet.commit([worker]))
            try await world.until("let go") { world.status(Planet.api) == nil }
            let touched = world.cluster.mutations.dropFirst(patches).compactMap(\.object?.name)
            #expect(touched == ["plain"])
            #expect(world.store.inventory(of: Planet.api).map(\.object.name) == ["held"])
        }
    }

    @Test("A removal says in which cluster it was", arguments: ["", "east"])
    func cluster(name: String) throws {
        try World.run(clusters: ["east"]) { world in
            var staging = Planet.staging
            staging.cluster = name.isEmpty ? nil : name
            let worker = (Planet.application("worker"), [Planet.configMap("w")])
            let api = (Planet.application("api"), [Planet.configMap("a")])
            world.source.push("one", Planet.commit([api, worker], environments: [staging]))
            world.start()
            try await world.untilWell(Planet.api)
            world.source.push("two", Planet.commit([worker], environments: [staging]))
            try await world.until("removed") { world.status(Planet.api) == nil }
            let start = try #require(world.store.rollouts(of: Planet.api).last?.start)
            #expect(start.trigger == .removal && start.digest == "@\(name)")
            #expect(start.cluster == staging.cluster)
        }
    }
}
