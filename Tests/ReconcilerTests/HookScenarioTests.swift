// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning
import Reconciler
import Synchronization
import TestSupport
import Testing

@Suite("Hooks, over rollouts")
struct HookScenarioTests {
    private static func hook(_ name: String, _ phase: String, tag: String = "1", deletion: String = "") -> Object {
        var job: Object = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": .string(name)],
            "spec": [
                "template": ["spec": ["containers": [["name": "main", "image": .string("\(name):\(tag)")]]]]
            ],
        ]
        job.set(.string(phase), at: "metadata", "annotations", Hook.key)
        if !deletion.isEmpty { job.set(.string(deletion), at: "metadata", "annotations", Hook.deletionKey) }
        return job
    }

    private func jobs(_ world: World) -> [ObjectID] {
        world.cluster.state.withLock { $0.objects.keys.filter { $0.kind == "Job" }.sorted() }
    }

    private func applies(_ world: World, _ name: String) -> [FakeCluster.Call] {
        world.cluster.calls.filter { $0.verb == .apply && $0.object?.name.hasPrefix(name) == true }
    }

    @Test("A run of an earlier revision that is at its work ends before the next begins")
    func neverInParallel() throws {
        try World.run { world in
            world.source.push("one", Planet.api("1", [Self.hook("migrate", "before", tag: "long")]))
            world.start()
            try await world.until("it runs") {
                jobs(world).first.flatMap { world.cluster.object($0) }?.value(at: "status", "ready") != nil
            }
            world.source.push("two", Planet.api("2", [Self.hook("migrate", "before", tag: "long")]))
            world.poll()
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "HookRunning" }
            #expect(jobs(world).count == 1)
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            let begun = applies(world, "migrate-").map { ($0.object, $0.at) }
            let first = try #require(begun.first)
            let second = try #require(begun.first { $0.0 != first.0 })
            #expect(second.1 - first.1 >= .seconds(60))
            // The policy is that an earlier run goes before the next.
            #expect(jobs(world) == [second.0].compactMap { $0 })
        }
    }

    @Test("Without a hook that succeeded no workload changes; the failure's own hooks run; a rollback undoes none")
    func failure() throws {
        try World.run { world in
            let alarm = Self.hook("alarm", "on-failure")
            try await world.begin(
                with: Planet.api("1", [Self.hook("migrate", "before"), alarm]), untilWell: Planet.api)
            #expect(applies(world, "alarm").isEmpty)
            let ran = applies(world, "migrate-").count
            world.source.push(
                "two",
                Planet.api("2", [Self.hook("seed", "before"), Self.hook("migrate", "before", tag: "fail"), alarm]))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            #expect(world.cluster.image(of: Planet.apiDeployment) == "registry.example.com/api:1")
            #expect(!world.cluster.mutations.contains { $0.image == "registry.example.com/api:2" })
            #expect(applies(world, "alarm-").count == 1)
            let rollouts = world.store.rollouts(of: Planet.api)
            #expect(rollouts[1].verdict?.cause?.object?.name.hasPrefix("migrate-") == true)
            #expect(rollouts[1].verdict?.notes.contains { $0.hasPrefix("the hook Job staging/alarm-") } == true)
            let notes = try #require(rollouts.last?.verdict?.notes)
            #expect(notes.contains { $0.hasPrefix("Job staging/seed-") && $0.hasSuffix("is not undone") })
            #expect(notes.contains { $0.hasPrefix("Job staging/migrate-") && $0.hasSuffix("is not undone") })
            // The run of the digest that came back is done, though it may be gone by now.
            let first = try #require(applies(world, "migrate-").first?.object)
            #expect(applies(world, "migrate-").count { $0.object == first } <= ran + 1)
        }
    }

    @Test("Hooks of a phase run one after another, as the manifests have them, and none after one that fails")
    func inOrder() throws {
        try World.run { world in
            let names = ["snapshot", "backup", "migrate"]
            world.source.push("one", Planet.api("1", names.map { Self.hook($0, "before") }))
            world.start()
            try await world.untilWell(Planet.api)
            let begun = names.map { applies(world, $0).first?.at ?? .zero }
            #expect(begun[1] - begun[0] >= .seconds(3) && begun[2] - begun[1] >= .seconds(3))
            let failing = names.map { Self.hook($0, "before", tag: $0 == "backup" ? "fail" : "2") }
            let ran = applies(world, "migrate").count
            world.source.push("two", Planet.api("2", failing))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            let cause = try #require(world.store.rollouts(of: Planet.api)[1].verdict?.cause)
            #expect(cause.object?.name.hasPrefix("backup-") == true)
            #expect(applies(world, "migrate").count == ran)
        }
    }

    @Test("So do those for failures: what comes after one that did not do its work is not run, and that is said")
    func failureHooksInOrder() throws {
        try World.run { world in
            let hooks = [
                Self.hook("restore", "on-failure"), Self.hook("alarm", "on-failure", tag: "fail"),
                Self.hook("cleanup", "on-failure"),
            ]
            world.source.push("one", Planet.api("bad", hooks))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let begun = ["restore", "alarm"].map { applies(world, $0).first?.at ?? .zero }
            #expect(begun[1] - begun[0] >= .seconds(3))
            #expect(applies(world, "cleanup").isEmpty)
            let notes = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.notes)
            #expect(
                notes.contains {
                    $0.contains("cleanup-") && $0.contains("was not run: it comes after Job staging/alarm-")
                })
        }
    }

    @Test("A hook for failures has its time once, however often the daemon is started again, and is named meanwhile")
    func failureHookTime() throws {
        try World.run { world in
            var alarm = Self.hook("alarm", "on-failure", tag: "long")
            alarm.set("20s", at: "metadata", "annotations", Hook.deadlineKey)
            world.source.push("one", Planet.api("bad", [alarm]) { $0.grace = .seconds(3) })
            world.start()
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "HookRunning" }
            let cause = try #require(world.status(Planet.api)?.cause)
            #expect(cause.object?.name.hasPrefix("alarm-") == true && cause.message.contains("ImagePullBackOff"))
            let begun = try #require(applies(world, "alarm-").first?.at)
            try await world.pass(.seconds(12))
            await world.restart()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let ended = world.time.now
            #expect(ended - begun >= .seconds(19) && ended - begun < .seconds(24), "\(ended - begun)")
            #expect(
                world.store.rollouts(of: Planet.api).last?.verdict?.notes.contains {
                    $0.contains("did not end in time")
                }
                    == true)
        }
    }

    @Test("The last lines of a failed run are in the verdict: its container has no earlier run than that")
    func logLines() throws {
        try World.run { world in
            world.cluster.setLog(["migrating", "no table \"users\""])
            world.source.push("one", Planet.api("1", [Self.hook("migrate", "before", tag: "fail")]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let cause = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.cause)
            #expect(cause.exitCode == 1 && cause.reason == "Error")
            #expect(cause.logLines == ["migrating", "no table \"users\""])
        }
    }

    @Test(
        "Why a run failed is read from its pod, where the watch has not told of its end, or not of the pod at all",
        arguments: ["Failed", ""])
    func latePods(phase: String) throws {
        try World.run { world in
            world.cluster.lose { object in
                object.kind == "Pod" && (phase.isEmpty || object.value(at: "status", "phase")?.string == phase)
            }
            world.source.push("one", Planet.api("1", [Self.hook("migrate", "before", tag: "fail")]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let cause = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.cause)
            #expect(cause.reason == "Error" && cause.exitCode == 1 && cause.pod != nil)
        }
    }

    @Test("Nor does the watch's word of a run's end come too late that comes while the verdict is looked for")
    func podsInBetween() throws {
        try World.run { world in
            world.cluster.lose { $0.kind == "Pod" && $0.value(at: "status", "phase")?.string == "Failed" }
            world.cluster.meddle { call, state in
                // The Job is read once more before it fails.
                guard call.verb == .get, call.object?.kind == "Job" else { return }
                state.isLost = { _ in false }
                for pod in state.objects.values.filter({ $0.kind == "Pod" }).sorted(by: { $0.name < $1.name }) {
                    var told = pod
                    told.set("yes", at: "metadata", "annotations", "example.com/told")
                    _ = state.store(told, isApply: false, now: world.clock)
                }
            }
            world.source.push("one", Planet.api("1", [Self.hook("migrate", "before", tag: "fail")]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let cause = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.cause)
            #expect(cause.reason == "Error" && cause.exitCode == 1 && cause.pod != nil)
        }
    }

    @Test("Runs go when they are done, where the policy says so, are not missed, and not run again")
    func deletion() throws {
        try World.run { world in
            let hook = Self.hook("migrate", "after", deletion: "succeeded")
            try await world.begin(with: Planet.api("1", [hook]), untilWell: Planet.api)
            #expect(jobs(world).isEmpty)
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.health == .healthy)
            #expect(applies(world, "migrate-").count == 1)
            await world.restart()
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.health == .healthy)
            #expect(applies(world, "migrate-").count == 1)
            #expect(world.store.inventory(of: Planet.api).count == 2)
        }
    }

    @Test("A run that is kept is not pruned when a later revision has another, and goes with the hook")
    func kept() throws {
        try World.run { world in
            let hook = Self.hook("migrate", "before", deletion: "failed")
            try await world.begin(with: Planet.api("1", [hook]), untilWell: Planet.api)
            world.source.push("two", Planet.api("2", [hook]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(jobs(world).count == 2)
            world.source.push("three", Planet.api("3"))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(jobs(world).isEmpty)
        }
    }

    @Test("The run that failed stays for its logs through the rollback, though what came back has no such hook")
    func failedRunStays() throws {
        try World.run { world in
            try await world.begin(with: Planet.api("1"), untilWell: Planet.api)
            world.source.push("two", Planet.api("2", [Self.hook("migrate", "before", tag: "fail")]))
            try await world.until("taken back") { world.phase(Planet.api) == .rolledBack }
            let run = try #require(jobs(world).first)
            await world.restart()
            try await world.pass(.seconds(7200))
            #expect(jobs(world) == [run])
            // The next run of the hook takes its place.
            world.source.push("three", Planet.api("3", [Self.hook("migrate", "before")]))
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(jobs(world).count == 1 && jobs(world) != [run])
            world.source.push("four", Planet.api("4"))
            try await world.until("four") { world.status(Planet.api)?.revision == "four" }
            #expect(jobs(world).isEmpty)
        }
    }

    @Test("A hook for failures does not touch what is another's, and says so")
    func foreignFailureHook() throws {
        try World.run { world in
            var alarm = Planet.configMap("alarm", [("by", "api")])
            alarm.set("on-failure", at: "metadata", "annotations", Hook.key)
            var theirs = Planet.configMap("alarm", [("by", "moon")])
            theirs.set("staging", at: "metadata", "namespace")
            theirs.set("https://git.example.com/moon.git#main", at: "metadata", "annotations", SourceMark.key)
            world.cluster.put(theirs)
            world.source.push("one", Planet.api("bad", [alarm]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(world.cluster.object(theirs.objectID)?.value(at: "data", "by") == "moon")
            let notes = try #require(world.store.rollouts(of: Planet.api).last?.verdict?.notes)
            #expect(notes.contains { $0.contains("was not run") && $0.contains("moon.git") })
        }
    }

    @Test("A Job that is done is kept known by every rollout that asks for it")
    func keptKnown() throws {
        try World.run { world in
            var job = Self.hook("seed", "before")
            job.set(nil, at: "metadata", "annotations")
            try await world.begin(with: Planet.api("1", [job]), untilWell: Planet.api)
            world.source.push("two", Planet.api("2", [job]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            let kept = world.store.state.withLock { state in
                state.journal.compactMap { entry -> [String]? in
                    if case .stillDone(let jobs, _) = entry { jobs.map(\.id.name) } else { nil }
                }
            }
            #expect(kept == [["seed"]])
        }
    }

    @Test("A Job that failed is made anew by the next revision, though nothing of it changed")
    func failedBefore() throws {
        try World.run { world in
            var job = Self.hook("seed", "before", tag: "fail")
            job.set(nil, at: "metadata", "annotations")
            world.source.push("one", Planet.api("1", [job]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let uid = try #require(jobs(world).first.flatMap { world.cluster.object($0) }?.uid)
            world.source.push("two", Planet.api("1", [job, Planet.configMap("mended")]))
            try await world.until("failed again") { world.store.rollouts(of: Planet.api).count == 2 }
            try await world.until("failed again") { world.phase(Planet.api) == .failed }
            #expect(jobs(world).first.flatMap { world.cluster.object($0) }?.uid != uid)
        }
    }

    private static func seed(_ tag: String, _ world: World) -> FakeSource.Commit {
        var job = hook("seed", "before", tag: tag)
        job.set(nil, at: "metadata", "annotations")
        return Planet.commit([
            (Planet.application("api"), [Planet.deployment("api", tag: "1", secret: "token"), job])
        ])
    }

    @Test("A Job that failed before fails no rollout that had to wait, and went on after a restart")
    func failedBeforeRestart() throws {
        try World.run { world in
            let token = Planet.secret("token", [("a", "b")])
            world.cluster.put(token)
            world.source.push("one", Self.seed("fail", world))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            let uid = try #require(jobs(world).first.flatMap { world.cluster.object($0) }?.uid)
            world.cluster.remove(token.objectID)
            try await world.ask(.release(Planet.api, nil))
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            await world.restart()
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "SecretMissing" }
            world.cluster.put(token)
            try await world.until("failed again") {
                world.phase(Planet.api) == .failed && world.store.rollouts(of: Planet.api).count == 2
            }
            #expect(jobs(world).first.flatMap { world.cluster.object($0) }?.uid != uid, "it was run once more")
        }
    }

    @Test("A Job that a rollout made, and that failed while no daemon ran, has failed")
    func failedMeanwhile() throws {
        try World.run { world in
            world.cluster.put(Planet.secret("token", [("a", "b")]))
            world.source.push("one", Self.seed("fail", world))
            world.start()
            try await world.until("made") { !jobs(world).isEmpty }
            let job = try #require(jobs(world).first)
            let uid = world.cluster.object(job)?.uid
            await world.stop()
            try await world.until("failed") { world.cluster.object(job).map(Hook.hasFailed) == true }
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            #expect(world.cluster.object(job)?.uid == uid)
            #expect(world.store.rollouts(of: Planet.api).count == 1)
        }
    }

    @Test("A Job that changes while its pod is at work is made anew when that has ended")
    func replacedAfterwards() throws {
        try World.run { world in
            func job(_ tag: String) -> Object {
                var job = Self.hook("seed", "before", tag: tag)
                job.set(nil, at: "metadata", "annotations")
                return job
            }
            world.source.push("one", Planet.api("1", [job("long")]))
            world.start()
            try await world.until("it runs") {
                jobs(world).first.flatMap { world.cluster.object($0) }?.value(at: "status", "ready") != nil
            }
            let begun = world.time.now
            world.source.push("two", Planet.api("1", [job("2")]))
            world.poll()
            try await world.until("waits") { world.status(Planet.api)?.cause?.reason == "JobRunning" }
            #expect(!world.cluster.calls.contains { $0.verb == .delete })
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            let deletion = try #require(world.cluster.calls.first { $0.verb == .delete })
            #expect(deletion.at - begun >= .seconds(58))
            #expect(jobs(world).first.flatMap { world.cluster.image(of: $0) } == "seed:2")
        }
    }

    @Test("A Job that was done when it went counts as done")
    func vanishes() throws {
        try World.run { world in
            var job = Self.hook("seed", "before")
            job.set(nil, at: "metadata", "annotations")
            world.source.push("one", Planet.api("1", [job]))
            world.start()
            // As `ttlSecondsAfterFinished: 0` does it: between two looks it is done, and gone.
            try await world.until("made") { !jobs(world).isEmpty }
            let id = try #require(jobs(world).first)
            var done = try #require(world.cluster.object(id))
            done["status"] = ["conditions": [["type": "Complete", "status": "True"]]]
            world.cluster.put(done)
            world.cluster.remove(id)
            try await world.untilWell(Planet.api)
            try await world.pass(.seconds(300))
            #expect(world.status(Planet.api)?.health == .healthy)
            world.source.push("two", Planet.api("2", [job]))
            try await world.until("two") { world.status(Planet.api)?.revision == "two" }
            #expect(jobs(world).isEmpty)
            #expect(applies(world, "seed").count == 1)
        }
    }

    @Test(
        "A Job that failed stays where a mark says so",
        arguments: [("helm.sh/resource-policy", "keep"), ("mainstay.dev/reconcile", "disabled")])
    func failedAndMarked(key: String, value: String) throws {
        try World.run { world in
            var job = Self.hook("seed", "before", tag: "fail")
            job.set(nil, at: "metadata", "annotations")
            world.source.push("one", Planet.api("1", [job]))
            world.start()
            try await world.until("failed") { world.phase(Planet.api) == .failed }
            var live = try #require(jobs(world).first.flatMap { world.cluster.object($0) })
            live.set(.string(value), at: "metadata", "annotations", key)
            world.cluster.put(live)
            try await world.pass(.seconds(5))
            world.source.push("two", Planet.api("1", [job, Planet.configMap("mended")]))
            try await world.until("judged") {
                let rollouts = world.store.rollouts(of: Planet.api)
                return rollouts.count == 2 && rollouts[1].verdict != nil
            }
            #expect(world.cluster.object(live.objectID)?.uid == live.uid)
            #expect(!world.cluster.mutations.contains { $0.verb == .delete })
        }
    }

    @Test("A run that is marked to stay does, whatever its hook's policy")
    func keptByMark() throws {
        try World.run { world in
            var hook = Self.hook("migrate", "after", deletion: "succeeded")
            hook.set("disabled", at: "metadata", "annotations", ObjectMarks.pruneKey)
            try await world.begin(with: Planet.api("1", [hook]), untilWell: Planet.api)
            #expect(jobs(world).count == 1)
            let notes = world.store.rollouts(of: Planet.api).last?.verdict?.notes ?? []
            #expect(notes.contains { $0.contains("is not removed: it is marked mainstay.dev/prune: disabled") })
        }
    }

    @Test("What failed is quarantined though something newer comes while its failure's hooks run")
    func cutShort() throws {
        try World.run { world in
            let alarm = Self.hook("alarm", "on-failure", tag: "long")
            try await world.begin(with: Planet.api("1", [alarm]), untilWell: Planet.api)
            world.source.push("two", Planet.api("bad", [alarm]))
            try await world.until("the hook runs") { !applies(world, "alarm-").isEmpty }
            world.source.push("three", Planet.api("3", [alarm]))
            world.poll()
            try await world.until("three") { world.status(Planet.api)?.revision == "three" }
            #expect(world.store.quarantines(of: Planet.api).map(\.revision) == ["two"])
            #expect(world.store.rollouts(of: Planet.api).map(\.past.phase) == [.succeeded, .failed, .succeeded])
        }
    }
}
