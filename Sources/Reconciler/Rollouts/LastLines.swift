// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

/// What containers of an application wrote last, without the values of its Secrets.
///
/// Never holds anything up: what cannot be read in time is not quoted, and neither is anything where a Secret that the pods
/// are given cannot be read, and so not be taken out.
struct LastLines: Sendable {
    let cluster: any Cluster
    let clock: any Clock<Duration>
    /// The application's.
    let manifests: [Manifest]

    /// How long is waited for what belongs together.
    private static let deadline = Duration.seconds(5)

    func written(by container: String, of pod: ObjectID, inEarlierRun isEarlier: Bool) async -> [String] {
        await inTime { () async throws(ClusterFailure) in
            guard let live = try await cluster.get(pod, version: "v1") else { return [] }
            return try await quoted(container, of: live, isEarlier)
        }
    }

    /// Of a Job's last pod, or of a Pod: what the container wrote that failed, or the first of them.
    ///
    /// - Parameter pods: the Job's, as far as they are known.
    func written(by run: Object, pods: [Object]) async -> [String] {
        await inTime { () async throws(ClusterFailure) in
            guard let pod = try await lastPod(of: run, pods), let place = Self.place(in: pod) else { return [] }
            return try await quoted(place.container, of: pod, place.isEarlierRun)
        }
    }

    private func inTime(_ read: @escaping @Sendable () async throws(ClusterFailure) -> [String]) async -> [String] {
        await withTaskGroup(of: [String].self) { group in
            group.addTask {
                do throws(ClusterFailure) { return try await read() } catch { return [] }
            }
            group.addTask { [clock] in
                try? await clock.sleep(for: Self.deadline)
                return []
            }
            let lines = await group.next() ?? []
            group.cancelAll()
            return lines
        }
    }

    private func quoted(
        _ container: String, of pod: Object, _ isEarlier: Bool
    ) async throws(ClusterFailure) -> [String] {
        let secrets = try await secrets(givenTo: pod)
        let lines = try await cluster.logLines(
            namespace: pod.namespace, pod: pod.name, container: container, previous: isEarlier)
        return LogRedaction(secrets: secrets).redact(lines)
    }

    // MARK: Where to look

    private func lastPod(of run: Object, _ known: [Object]) async throws(ClusterFailure) -> Object? {
        guard run.kind != "Pod" else { return run }
        // The pods' watch may be behind.
        let pods = known.isEmpty ? try await cluster.pods(controlledBy: run.uid, in: run.namespace) : known
        func age(_ pod: Object) -> (String, String) { (pod.metadata["creationTimestamp"]?.string ?? "", pod.name) }
        return pods.max { age($0) < age($1) }
    }

    private static func place(in pod: Object) -> (container: String, isEarlierRun: Bool)? {
        let states = ["initContainerStatuses", "containerStatuses"].flatMap { pod.value(at: "status", $0)?.array ?? [] }
        func hasFailed(_ status: Value, _ key: String) -> Bool {
            status[key]?["terminated"]?["exitCode"]?.integer.map { $0 != 0 } ?? false
        }
        if let name = states.first(where: { hasFailed($0, "state") })?["name"]?.string { return (name, false) }
        // About to be started again.
        if let name = states.first(where: { $0["state"]?["waiting"] != nil && hasFailed($0, "lastState") })?["name"]?
            .string
        {
            return (name, true)
        }
        return pod.value(at: "spec", "containers")?[0]?["name"]?.string.map { ($0, false) }
    }

    // MARK: What is not quoted

    /// Those of the application, and those of the pod itself, which may be of an earlier revision, or have some of an
    /// admission webhook. One that it could not have begun without, and that is gone by now, cannot be taken out of what it
    /// wrote.
    private func secrets(givenTo pod: Object) async throws(ClusterFailure) -> [Object] {
        let kind = GroupKind(group: "", kind: "Secret")
        let inGit = manifests.filter { $0.id.groupKind == kind }.map(\.object)
        let live = try await ApplicationSecrets(of: manifests).live(
            in: cluster, and: ExternalReference.secrets(givenTo: pod, as: pod.objectID))
        let known = Set((inGit + live).map(\.objectID))
        let itself = Manifest(object: pod, origin: Origin(file: "the cluster"))
        for need in ExternalReference.all(in: [itself], isProvided: { $0.groupKind != kind })
        where !known.contains(need.object) {
            throw ClusterFailure(code: .notFound, message: "\(need.object) is gone")
        }
        return inGit + live
    }
}

extension Cluster {
    /// By a list of the namespace's.
    func pods(controlledBy uid: String, in namespace: String) async throws(ClusterFailure) -> [Object] {
        guard let served = try await kind(GroupVersionKind(group: "", version: "v1", kind: "Pod")) else { return [] }
        let page = try await list(served, namespace: namespace, notOlderThan: "", inspect: { _ in })
        return page.objects.filter { $0.controllerUID == uid }
    }
}
