// SPDX-License-Identifier: Apache-2.0

import Manifests
import Planning

extension RolloutRun {
    /// How long the verdict waits for the lines that go with it.
    private static var logDeadline: Duration { .seconds(5) }

    /// The cause with the last lines of the container that crashed. One that never ran has written nothing.
    ///
    /// Lines are quoted only where every Secret that the pods are given could be read, and so be taken out: those of the
    /// manifests, and those of the pod itself, which may be of an earlier revision, or have some of an admission webhook.
    func withLogLines(_ cause: Cause) async -> Cause {
        guard cause.exitCode != nil, let pod = cause.pod, let container = cause.container,
            let namespace = cause.object?.namespace
        else { return cause }
        let id = ObjectID(group: "", kind: "Pod", namespace: namespace, name: pod)
        let isPrevious = await isOfEarlierRun(container, of: id)
        let cluster = context.cluster
        let clock = context.surroundings.clock
        let known = ApplicationSecrets(of: desired.manifests)
        let inGit = desired.manifests.filter { $0.id.groupKind == GroupKind(group: "", kind: "Secret") }.map(\.object)
        var complete = cause
        complete.logLines = await withTaskGroup(of: [String].self) { group in
            group.addTask {
                do throws(ClusterFailure) {
                    guard let live = try await cluster.get(id, version: "v1") else { return [] }
                    let given = ExternalReference.secrets(givenTo: live, as: id)
                    let secrets = try await known.live(in: cluster, and: given)
                    let lines = try await cluster.logLines(
                        namespace: namespace, pod: pod, container: container, previous: isPrevious)
                    return LogRedaction(secrets: inGit + secrets).redact(lines)
                } catch {
                    return []
                }
            }
            group.addTask {
                try? await clock.sleep(for: Self.logDeadline)
                return []
            }
            let lines = await group.next() ?? []
            group.cancelAll()
            return lines
        }
        return complete
    }

    /// Whether the run that ended badly is not the container's present one: it was started again, or is about to be. One
    /// that is not (`restartPolicy: Never`, as most Jobs have it) has no earlier run, and a kubelet that is asked for
    /// its lines answers with an error.
    private func isOfEarlierRun(_ container: String, of pod: ObjectID) async -> Bool {
        let live = await context.view.object(pod)
        let state = ["containerStatuses", "initContainerStatuses"]
            .flatMap { live?.value(at: "status", $0)?.array ?? [] }
            .first { $0["name"]?.string == container }?["state"]
        return state?["terminated"]?.object == nil
    }
}
