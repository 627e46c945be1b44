// SPDX-License-Identifier: Apache-2.0

import Manifests

/// Reads one pod's status for problems, by kubelet's reasons.
struct PodReader {
    /// The reason of a container that runs and is not ready.
    static let unready = "Unready"

    private let pod: Object
    private let status: ObjectStatus
    private let createdAt: Timestamp?

    init(pod: Object) {
        self.pod = pod
        status = ObjectStatus(pod)
        createdAt = pod.metadata["creationTimestamp"]?.string.flatMap { Timestamp($0) }
    }

    var problems: [PodProblem] {
        guard status.status["phase"]?.string != "Succeeded" else { return [] }
        var found: [PodProblem] = []
        for (list, isInit) in [("initContainerStatuses", true), ("containerStatuses", false)] {
            for container in status.status[list]?.array ?? [] {
                guard let container = container.object else { continue }
                found += problem(of: container, isInit: isInit).map { [$0] } ?? []
            }
        }
        return found + podProblems(hasContainerProblem: !found.isEmpty)
    }

    // MARK: Containers

    private func problem(of container: Object, isInit: Bool) -> PodProblem? {
        let name = container["name"]?.string ?? ""
        let image = container["image"]?.string
        let restarts = container["restartCount"]?.integer ?? 0
        let ended = container.value(at: "state", "terminated") ?? container.value(at: "lastState", "terminated")
        let exitCode = ended?["exitCode"]?.integer

        func make(
            _ reason: String, _ message: String, _ severity: ProblemSeverity, blocks: Bool = false,
            missing: ObjectID? = nil
        ) -> PodProblem {
            PodProblem(
                pod: pod.name, container: name, isInit: isInit, reason: reason, message: message, image: image,
                exitCode: exitCode, restarts: restarts, severity: severity, blocks: blocks, missing: missing,
                podCreatedAt: createdAt)
        }

        if let waiting = container.value(at: "state", "waiting") {
            let reason = SafeText.word(waiting["reason"]?.string ?? "")
            let message = waiting["message"]?.string ?? ""
            switch reason {
            case "", "ContainerCreating", "PodInitializing":
                return nil
            case "InvalidImageName":
                return make(reason, "container \(name) names an image that cannot be: \(image ?? "")", .atOnce)
            case "ErrImageNeverPull":
                return make(reason, "container \(name) may not pull \(image ?? ""), which the node lacks", .atOnce)
            case "ImagePullBackOff", "ErrImagePull", "ImageInspectError", "RegistryUnavailable",
                "SignatureValidationFailed":
                return make(
                    reason, "container \(name) cannot pull \(image ?? ""): \(SafeText.quote(message))", .afterGrace)
            case "CreateContainerConfigError":
                if let gap = missingReference(in: message) {
                    return make(
                        gap.reason, "container \(name) needs \(gap.text)", .afterGrace, blocks: true, missing: gap.id)
                }
                return make(reason, "container \(name) cannot be configured", .afterGrace)
            case "CrashLoopBackOff":
                return make(crashReason(ended, otherwise: reason), crashMessage(name, ended, restarts), .byCount)
            default:
                // CreateContainerError, RunContainerError, PostStartHookError …
                return make(reason, "container \(name) does not start", .afterGrace)
            }
        }
        let isReady = container["ready"]?.bool == true
        if let ended, let exitCode, exitCode != 0, !isReady {
            return make(crashReason(ended, otherwise: "Error"), crashMessage(name, ended, restarts), .byCount)
        }
        if container.value(at: "state", "running") != nil, !isReady, !isInit {
            // Without a startup probe a container counts as started a moment after it runs.
            let isStarted = container["started"]?.bool != false
            let message =
                isStarted
                ? "container \(name) runs, but its readiness probe does not succeed" : "container \(name) is starting"
            return make(Self.unready, message, .never)
        }
        return nil
    }

    /// `OOMKilled` says more than that it crashes.
    private func crashReason(_ ended: Value?, otherwise: String) -> String {
        ended?["reason"]?.string == "OOMKilled" ? "OOMKilled" : otherwise
    }

    private func crashMessage(_ name: String, _ ended: Value?, _ restarts: Int64) -> String {
        let times = restarts == 1 ? "1 restart" : "\(restarts) restarts"
        if ended?["reason"]?.string == "OOMKilled" { return "container \(name) ran out of memory, \(times)" }
        guard let code = ended?["exitCode"]?.integer else { return "container \(name) crashes, \(times)" }
        return "container \(name) ends with exit code \(code), \(times)"
    }

    /// What kubelet says of a reference it cannot follow: `secret "db" not found`,
    /// `couldn't find key url in Secret staging/db`. Only names are taken.
    private func missingReference(in message: String) -> (reason: String, text: String, id: ObjectID)? {
        for (word, kind) in [("secret ", "Secret"), ("configmap ", "ConfigMap")] {
            if message.hasSuffix("not found"), let name = PodDiagnosis.quoted(after: word, in: message) {
                let id = ObjectID(group: "", kind: kind, namespace: pod.namespace, name: name)
                return ("\(kind)Missing", "\(id), which is not there", id)
            }
            if let start = message.firstRange(of: "couldn't find key ")?.upperBound,
                let middle = message.firstRange(of: " in \(kind) \(pod.namespace)/"), start <= middle.lowerBound
            {
                let key = SafeText.word(String(message[start..<middle.lowerBound]))
                let name = SafeText.word(String(message[middle.upperBound...].prefix { !$0.isWhitespace }))
                guard !name.isEmpty else { continue }
                let id = ObjectID(group: "", kind: kind, namespace: pod.namespace, name: name)
                return ("\(kind)KeyMissing", "the key \(key) of \(id), which it lacks", id)
            }
        }
        return nil
    }

    // MARK: The pod itself

    private func podProblems(hasContainerProblem: Bool) -> [PodProblem] {
        func make(_ reason: String, _ message: String) -> PodProblem {
            PodProblem(pod: pod.name, reason: reason, message: message, severity: .never, podCreatedAt: createdAt)
        }
        if let scheduled = status.condition("PodScheduled"), scheduled.isFalse {
            let reason = scheduled.reason.isEmpty ? "Unschedulable" : scheduled.reason
            return [make(reason, "no node takes the pod: \(SafeText.quote(scheduled.message))")]
        }
        if status.status["phase"]?.string == "Failed", !hasContainerProblem {
            let reason = SafeText.word(status.status["reason"]?.string ?? "")
            return [make(reason.isEmpty ? "PodFailed" : reason, "the pod ended in failure")]
        }
        return []
    }
}
