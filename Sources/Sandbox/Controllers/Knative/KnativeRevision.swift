// SPDX-License-Identifier: Apache-2.0

import Manifests

/// How a revision of a Knative Service fares, read from its Deployment and pods.
struct KnativeRevision {
    /// Which template a Deployment was made from.
    static let templateKey = "sandbox.mainstay.dev/template"

    /// Counts the templates a Service had.
    static let generationKey = "serving.knative.dev/configurationGeneration"

    let name: String
    let isReady: Bool
    /// Why it will not become ready.
    let failure: String?

    init(_ deployment: Object, in cluster: any ClusterReader) {
        name = Self.name(of: deployment)
        let isObserved = deployment.count("observedGeneration") >= (deployment.int(at: "metadata", "generation") ?? 0)
        isReady = isObserved && deployment.count("availableReplicas") >= max(1, deployment.replicas)
        failure = isReady ? nil : Self.failure(of: deployment, in: cluster)
    }

    static func name(of deployment: Object) -> String {
        deployment.labels["serving.knative.dev/revision"]?.string ?? ""
    }

    static func generation(_ deployment: Object) -> Int {
        deployment.labels[generationKey]?.string.flatMap { Int($0) } ?? 0
    }

    private static func failure(of deployment: Object, in cluster: any ClusterReader) -> String? {
        for set in cluster.controlled(by: deployment, kind: .replicaSet) {
            for pod in cluster.controlled(by: set, kind: .pod) {
                for container in pod.list(at: "status", "containerStatuses") {
                    if let failure = failure(of: container) { return failure }
                }
            }
        }
        let progressing = deployment["status"]?.object?.condition("Progressing")
        return progressing?["reason"]?.string == "ProgressDeadlineExceeded" ? "Initial scale was never achieved" : nil
    }

    private static func failure(of container: Object) -> String? {
        let image = container["image"]?.string ?? ""
        switch container.string(at: "state", "waiting", "reason") {
        case "ErrImagePull", "ImagePullBackOff", "InvalidImageName":
            let message = container.string(at: "state", "waiting", "message") ?? "not found"
            return "Unable to fetch image \"\(image)\": \(message)"
        case "CrashLoopBackOff":
            let code = container.int(at: "lastState", "terminated", "exitCode") ?? 1
            return "Container failed with: exit code \(code)"
        default: return nil
        }
    }
}
