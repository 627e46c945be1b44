// SPDX-License-Identifier: Apache-2.0

internal import Foundation
internal import Kubernetes
internal import Manifests
internal import TestSupport
internal import Transport

/// What the daemon's first apply takes next to a bare client that sends the same requests: some rounds of both in turn,
/// each against a sandbox of its own, since what else the machine does changes from one minute to the next.
///
/// The bare client knows what to send, sends it side by side and throws the answers away. With watches it reads besides
/// what the daemon has to: of each kind, of pods and of ReplicaSets all that happens, parsed and thrown away.
struct FirstApplyMeasurement {
    let daemon: DaemonMeasurement
    let objects: [Object]

    private static let rounds = 5
    private static let width = 16

    /// In seconds, from the first request to the last answer, with the processor time that went into it.
    private struct Course {
        var duration: Double
        var own: Double
        var sandbox: Double
        /// Of the daemon: from the commit seen to the first request.
        var lead = 0.0
    }

    func run() async throws {
        var bare: [Course] = []
        var watching: [Course] = []
        var daemons: [Course] = []
        for _ in 0..<Self.rounds {
            bare.append(try await measureClient(watches: false))
            watching.append(try await measureClient(watches: true))
            daemons.append(try await measureDaemon())
        }
        Self.report("bare client, \(Self.width) at a time, all new", bare)
        Self.report("  with \(watchedKinds.count) watches", watching)
        Self.report("the daemon, from its first request to its last", daemons)
        Measure.report(
            "  from the commit seen to the first", Measure.milliseconds(Self.median(daemons.map(\.lead))))
        for (what, floor) in [("bare client", bare), ("one with watches", watching)] {
            let ratio = Self.median(daemons.map(\.duration)) / Self.median(floor.map(\.duration))
            Measure.report("  against the \(what)", String(format: "%.2f", ratio))
        }
    }

    private static func report(_ what: String, _ courses: [Course]) {
        let times = courses.map(\.duration).sorted()
        let range = "(\(Measure.milliseconds(times.first ?? 0)) to \(Measure.milliseconds(times.last ?? 0)))"
        let own = Measure.milliseconds(median(courses.map(\.own)))
        let sandbox = Measure.milliseconds(median(courses.map(\.sandbox)))
        Measure.report(what, "\(Measure.milliseconds(median(times))) \(range)")
        Measure.report("  processor time, its own and the sandbox's", "\(own), \(sandbox)")
    }

    private static func median(_ values: [Double]) -> Double { values.isEmpty ? 0 : values.sorted()[values.count / 2] }

    // MARK: The daemon

    private func measureDaemon() async throws -> Course {
        let sandbox = try MeasuredSandbox()
        defer { sandbox.terminate() }
        let server = try MeasuredDaemon(
            configuration: daemon.configuration(for: sandbox), log: sandbox.directory.path + "/daemon.log")
        defer { server.terminate() }
        // Its log alone is read meanwhile: questions would cost it time.
        let seen = try await server.seesCommit()
        _ = try await server.line { $0["message"]?.string == "rollout applying" }
        let before = (server.processorSeconds, sandbox.processorSeconds)
        // Progressing means that nothing is left to be applied.
        _ = try await server.line { $0["message"]?.string == "rollout progressing" }
        let after = (server.processorSeconds, sandbox.processorSeconds)
        let phases = try await server.rollout("progressing", of: try daemon.sample.head) { phases in
            phases.contains { $0.phase == "progressing" }
        }
        let first = phases.first { $0.phase == "applying" }?.at ?? seen
        let last = phases.first { $0.phase == "progressing" }?.at ?? seen
        return Course(
            duration: last - first, own: after.0 - before.0, sandbox: after.1 - before.1, lead: first - seen)
    }

    // MARK: The bare client

    private var watchedKinds: [(kind: GroupVersionKind, namespace: String)] {
        let own = objects.map { (kind: $0.groupVersionKind, namespace: $0.namespace) }
        let made = [("", "Pod"), ("apps", "ReplicaSet")].map { group, kind in
            (kind: GroupVersionKind(group: group, version: "v1", kind: kind), namespace: "staging")
        }
        return (own + made).reduce(into: []) { kinds, next in
            if !kinds.contains(where: { $0 == next }) { kinds.append(next) }
        }
    }

    private func measureClient(watches: Bool) async throws -> Course {
        let sandbox = try MeasuredSandbox()
        defer { sandbox.terminate() }
        let transport = try CurlTransport()
        let client = try sandbox.client(over: transport)
        // As the daemon has to: the namespace before what lives in it.
        let first = objects.filter { $0.kind == "Namespace" }
        let rest = objects.filter { $0.kind != "Namespace" }
        let course = try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            if watches { try await watch(client, in: &group) }
            let before = (Self.processorSeconds, sandbox.processorSeconds)
            let duration = try await Measure.seconds {
                try await apply(first, client)
                try await apply(rest, client)
            }
            return Course(
                duration: duration, own: Self.processorSeconds - before.0,
                sandbox: sandbox.processorSeconds - before.1)
        }
        await transport.shutdown()
        return course
    }

    /// Returns once all of them are open.
    private func watch(_ client: KubernetesClient, in group: inout ThrowingTaskGroup<Void, any Error>) async throws {
        for (kind, namespace) in watchedKinds {
            guard let resource = try await client.resource(for: kind) else {
                throw MeasuredProcess.Failure(description: "the sandbox does not serve \(kind)")
            }
            let events = client.watch(
                resource, namespace: namespace.isEmpty ? nil : namespace, labelSelector: nil,
                from: .everything(notOlderThan: ""))
            let (opened, opening) = AsyncStream.makeStream(of: Void.self)
            group.addTask {
                for try await event in events { if case .synced = event { opening.finish() } }
                opening.finish()
            }
            for await _ in opened {}
        }
    }

    private func apply(_ objects: [Object], _ client: KubernetesClient) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, object) in objects.enumerated() {
                if index >= Self.width { try await group.next() }
                group.addTask {
                    _ = try await client.apply(object, fieldManager: "bare", force: false, dryRun: false)
                }
            }
            try await group.waitForAll()
        }
    }

    private static var processorSeconds: Double { Measure.processorSeconds(of: "self") }
}
