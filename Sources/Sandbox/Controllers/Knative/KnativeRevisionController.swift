// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Knative Revisions: a Deployment of their pods, as many as traffic and the annotations of its scale ask for
/// (knative.dev/serving, pkg/reconciler/revision). A revision without traffic keeps no pods.
package struct KnativeRevisionController: SandboxController {
    package let name = "revision-controller"
    package let manager = "controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .knativeRevision: [object.objectID]
        case .deployment: object.controllerKey(of: .knativeRevision).map { [$0] } ?? []
        case .pod:
            // Pods tell why a revision does not come up, before its Deployment does.
            object.labels[Knative.revisionLabel]?.string.map {
                [GroupKind.knativeRevision.named($0, in: object.namespace)]
            } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var revision = cluster.object(key), !revision.isTerminating else { return result }
        let id = GroupKind.deployment.named("\(revision.name)-deployment", in: revision.namespace)
        guard var deployment = cluster.object(id) else {
            result.changes.append(.create(Self.deployment(of: revision)))
            return result
        }
        let isReserve = revision.labels[Knative.routingLabel] == "reserve"
        let wanted = isReserve ? 0 : Self.scale(of: revision)
        if (deployment.replicas == 0) != isReserve {
            deployment.set(.count(wanted), at: "spec", "replicas")
            result.update(deployment)
        }
        var status = revision["status"]?.object ?? Object()
        status["observedGeneration"] = revision.generation.map(Value.integer)
        status["actualReplicas"] = .count(deployment.count("readyReplicas"))
        status["desiredReplicas"] = .count(wanted)
        setConditions(of: &status, deployment, isReserve: isReserve, in: cluster, now: now)
        result.writeStatus(status, of: &revision)
        return result
    }

    private func setConditions(
        of status: inout Object, _ deployment: Object, isReserve: Bool, in cluster: any ClusterReader, now: Timestamp
    ) {
        let isObserved = deployment.count("observedGeneration") >= (deployment.int(at: "metadata", "generation") ?? 0)
        let isReady = isObserved && deployment.count("availableReplicas") >= max(1, deployment.replicas)
        var active = Condition(type: "Active", status: .init(isReady))
        if isReserve {
            active = Condition(
                type: "Active", status: .isFalse, reason: "NoTraffic", message: "The target is not receiving traffic.")
        } else if !isReady {
            active = Condition(
                type: "Active", status: .isUnknown, reason: "Deploying",
                message: "Requests to the target are being buffered as resources are provisioned.")
        }
        // Once ready, a revision stays it: pods that come and go are the autoscaler's affair.
        if isReady || status.holds("Ready") {
            return status.setKnativeConditions(
                [
                    active, Condition(type: "ContainerHealthy", status: .isTrue),
                    Condition(type: "ResourcesAvailable", status: .isTrue),
                ], now: now, ignoring: ["Active"])
        }
        var health = Condition(type: "ContainerHealthy", status: .isUnknown, reason: "Deploying")
        var resources = Condition(type: "ResourcesAvailable", status: .isUnknown, reason: "Deploying")
        if let failure = KnativeFailure(of: deployment, in: cluster) {
            let condition = Condition(
                type: failure.condition, status: .isFalse, reason: failure.reason, message: failure.message)
            if failure.condition == "ContainerHealthy" { health = condition } else { resources = condition }
        }
        status.setKnativeConditions([active, health, resources], now: now, ignoring: ["Active"])
    }

    private static func scale(of revision: Object) -> Int {
        let annotations = revision.annotations
        let scale = annotations["autoscaling.knative.dev/min-scale"] ?? annotations["autoscaling.knative.dev/minScale"]
        return max(1, scale?.string.flatMap { Int($0) } ?? 1)
    }

    private static func deployment(of revision: Object) -> Object {
        var spec = revision["spec"]?.object ?? Object()
        for field in ["containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"] {
            spec[field] = nil
        }
        spec["containers"] = .array(spec.list(at: "containers").map { Value.object(container($0)) })
        var labels = revision.labels
        labels[Knative.routingLabel] = nil
        labels["app"] = .string(revision.name)
        labels[Knative.revisionLabel] = .string(revision.name)
        labels["\(Knative.revisionLabel)UID"] = .string(revision.uid)
        let annotations = revision.annotations
        var metadata: Object = ["labels": .object(labels)]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        var own = metadata
        own["name"] = .string("\(revision.name)-deployment")
        own["namespace"] = .string(revision.namespace)
        own["ownerReferences"] = [revision.asController]
        return [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": .object(own),
            "spec": [
                "replicas": .count(scale(of: revision)),
                "selector": ["matchLabels": ["\(Knative.revisionLabel)UID": .string(revision.uid)]],
                "template": ["metadata": .object(metadata), "spec": .object(spec)],
            ],
        ]
    }

    private static func container(_ given: Object) -> Object {
        var container = given
        if container["name"] == nil { container["name"] = "user-container" }
        if container.list(at: "ports").isEmpty { container["ports"] = [["name": "user-port", "containerPort": 8080]] }
        // A probe that names no port means the container's (knative.dev/serving, "Runtime contract", readiness probe).
        let port = container.list(at: "ports").first?["containerPort"]
        for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
            for handler in ["httpGet", "tcpSocket", "grpc"] {
                guard let value = container.value(at: probe, handler)?.object, value["port"] == nil else { continue }
                container.set(port, at: probe, handler, "port")
            }
        }
        return container
    }
}

/// Why a revision will not become ready, read from its Deployment's pods.
struct KnativeFailure {
    let condition: String
    let reason: String
    let message: String

    init?(of deployment: Object, in cluster: any ClusterReader) {
        for set in cluster.controlled(by: deployment, kind: .replicaSet) {
            for pod in cluster.controlled(by: set, kind: .pod) {
                for container in pod.list(at: "status", "containerStatuses") {
                    guard let failure = Self.failure(of: container) else { continue }
                    (condition, reason, message) = ("ContainerHealthy", failure.reason, failure.message)
                    return
                }
            }
        }
        let progressing = deployment["status"]?.object?.condition("Progressing")
        guard progressing?["reason"]?.string == "ProgressDeadlineExceeded" else { return nil }
        (condition, reason, message) = (
            "ResourcesAvailable", "ProgressDeadlineExceeded", "Initial scale was never achieved"
        )
    }

    private static func failure(of container: Object) -> (reason: String, message: String)? {
        let image = container["image"]?.string ?? ""
        switch container.string(at: "state", "waiting", "reason") {
        case "ErrImagePull", "ImagePullBackOff", "InvalidImageName":
            let message = container.string(at: "state", "waiting", "message") ?? "not found"
            return ("ContainerMissing", "Unable to fetch image \"\(image)\": \(message)")
        case "CrashLoopBackOff":
            let code = container.int(at: "lastState", "terminated", "exitCode") ?? 1
            return ("ExitCode\(code)", "Container failed with: exit code \(code)")
        default: return nil
        }
    }
}
