// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Knative Services (`serving.knative.dev/v1`), once their CRD is there: a revision for each template, made ready by a
/// Deployment of its pods, and traffic that moves when it is.
///
/// Shorter than the real chain: no Configuration, Route or Revision objects stand between a Service and its Deployments,
/// and no revision without traffic keeps pods.
package struct KnativeController: SandboxController {
    package let name = "service-controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .knativeService: [object.objectID]
        case .deployment: object.controllerKey(of: .knativeService).map { [$0] } ?? []
        case .pod:
            // Pods tell why a revision does not come up, before its Deployment does.
            object.labels["serving.knative.dev/service"].map {
                [GroupKind.knativeService.named($0.string ?? "", in: object.namespace)]
            } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        guard let service = cluster.object(key), !service.isTerminating else { return ControllerResult() }
        var sync = KnativeSync(service, in: cluster, now: now)
        sync.run()
        return sync.result
    }
}

extension GroupKind {
    static let knativeService = GroupKind(group: "serving.knative.dev", kind: "Service")
}

/// One pass over one Knative Service.
struct KnativeSync {
    private let cluster: any ClusterReader
    private let now: Timestamp
    private var service: Object
    private(set) var result = ControllerResult()

    init(_ service: Object, in cluster: any ClusterReader, now: Timestamp) {
        self.service = service
        self.cluster = cluster
        self.now = now
    }

    mutating func run() {
        let deployments = cluster.controlled(by: service, kind: .deployment)
        var status = service["status"]?.object ?? Object()
        guard let latest = latestRevision(deployments) else {
            // Its first pass over a template makes the revision; the status follows when the Deployment is stored.
            let generation = 1 + (deployments.map(KnativeRevision.generation).max() ?? 0)
            return create(revision: revisionName(generation: generation), generation: generation)
        }
        let revision = KnativeRevision(latest, in: cluster)
        status["observedGeneration"] = service.value(at: "metadata", "generation")
        status["latestCreatedRevisionName"] = .string(revision.name)
        if revision.isReady { status["latestReadyRevisionName"] = .string(revision.name) }
        let serving = status["latestReadyRevisionName"]?.string
        if let serving {
            expose(serving)
            retire(deployments, except: [serving, revision.name])
            status["traffic"] = [["latestRevision": true, "percent": 100, "revisionName": .string(serving)]]
        }
        let host = "\(service.name).\(service.namespace)"
        status["url"] = .string("http://\(host).example.com")
        status["address"] = ["url": .string("http://\(host).svc.cluster.local")]
        setConditions(of: &status, revision)
        result.writeStatus(status, of: &service)
    }

    // MARK: Revisions

    /// The newest revision, where it is of the template as it is now: an earlier template that comes back is a new one.
    private func latestRevision(_ deployments: [Object]) -> Object? {
        let newest = deployments.max { KnativeRevision.generation($0) < KnativeRevision.generation($1) }
        return newest?.annotations[KnativeRevision.templateKey]?.string == templateHash ? newest : nil
    }

    private var templateHash: String {
        GeneratedNames.hash(of: service.value(at: "spec", "template")?.object ?? Object())
    }

    /// The template's own name, or the service's with the number of the generation.
    private func revisionName(generation: Int) -> String {
        if let name = service.string(at: "spec", "template", "metadata", "name") { return name }
        let digits = String(generation)
        return "\(service.name)-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private mutating func create(revision: String, generation: Int) {
        let template = service.value(at: "spec", "template")?.object ?? Object()
        var spec = template["spec"]?.object ?? Object()
        for field in ["containerConcurrency", "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"] {
            spec[field] = nil
        }
        spec["containers"] = .array(spec.list(at: "containers").map { Value.object(Self.container($0)) })
        var labels = template["metadata"]?["labels"]?.object ?? Object()
        for (key, value) in [
            ("app", revision), ("serving.knative.dev/configuration", service.name),
            (KnativeRevision.generationKey, String(generation)),
            ("serving.knative.dev/revision", revision), ("serving.knative.dev/service", service.name),
        ] { labels[key] = .string(value) }
        var annotations = template["metadata"]?["annotations"]?.object ?? Object()
        let metadata: Object = ["labels": .object(labels), "annotations": .object(annotations)]
        let scale = annotations["autoscaling.knative.dev/min-scale"] ?? annotations["autoscaling.knative.dev/minScale"]
        annotations[KnativeRevision.templateKey] = .string(templateHash)
        let deployment: Object = [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": [
                "name": .string("\(revision)-deployment"), "namespace": .string(service.namespace),
                "labels": .object(labels), "annotations": .object(annotations),
                "ownerReferences": [service.asController],
            ],
            "spec": [
                "replicas": .count(max(1, scale?.string.flatMap { Int($0) } ?? 1)),
                "selector": ["matchLabels": ["serving.knative.dev/revision": .string(revision)]],
                "template": ["metadata": .object(metadata), "spec": .object(spec)],
            ],
        ]
        // The name of a revision is of one template for ever.
        if cluster.object(deployment.objectID) != nil {
            var status = service["status"]?.object ?? Object()
            status["observedGeneration"] = service.value(at: "metadata", "generation")
            let message = "Revision \"\(revision)\" already exists with another template"
            for type in ["ConfigurationsReady", "Ready"] {
                status.setCondition(
                    Condition(type: type, status: .isFalse, reason: "RevisionNameTaken", message: message), now: now)
            }
            return result.writeStatus(status, of: &service)
        }
        result.changes.append(.create(deployment))
        result.event(service, "Created", "Created Configuration \"\(service.name)\"")
    }

    private static func container(_ given: Object) -> Object {
        var container = given
        if container["name"] == nil { container["name"] = "user-container" }
        if container.list(at: "ports").isEmpty { container["ports"] = [["name": "user-port", "containerPort": 8080]] }
        return container
    }

    // MARK: Traffic

    /// The Service of the same name leads to the pods of the revision that has the traffic.
    private mutating func expose(_ revision: String) {
        let selector: Value = ["serving.knative.dev/revision": .string(revision)]
        let id = GroupKind.service.named(service.name, in: service.namespace)
        if var current = cluster.object(id) {
            guard current.controllerReference?["uid"]?.string == service.uid,
                current.value(at: "spec", "selector") != selector
            else { return }
            current.set(selector, at: "spec", "selector")
            return result.update(current)
        }
        let deployment = cluster.object(
            GroupKind.deployment.named("\(revision)-deployment", in: service.namespace))
        let containers = deployment?.list(at: "spec", "template", "spec", "containers") ?? []
        let port = containers.lazy.compactMap { $0.list(at: "ports").first?["containerPort"] }.first ?? 8080
        result.changes.append(
            .create([
                "apiVersion": "v1", "kind": "Service",
                "metadata": [
                    "name": .string(service.name), "namespace": .string(service.namespace),
                    "labels": ["serving.knative.dev/service": .string(service.name)],
                    "ownerReferences": [service.asController],
                ],
                "spec": ["selector": selector, "ports": [["name": "http", "port": 80, "targetPort": port]]],
            ]))
    }

    private mutating func retire(_ deployments: [Object], except kept: [String]) {
        for var deployment in deployments where deployment.replicas > 0 {
            guard !kept.contains(KnativeRevision.name(of: deployment)) else { continue }
            deployment.set(0, at: "spec", "replicas")
            result.update(deployment)
        }
    }

    // MARK: Conditions

    private func setConditions(of status: inout Object, _ revision: KnativeRevision) {
        let configurations: Condition
        if revision.isReady {
            configurations = Condition(type: "ConfigurationsReady", status: .isTrue)
        } else if let failure = revision.failure {
            configurations = Condition(
                type: "ConfigurationsReady", status: .isFalse, reason: "RevisionFailed",
                message: "Revision \"\(revision.name)\" failed with message: \(failure).")
        } else {
            configurations = Condition(type: "ConfigurationsReady", status: .isUnknown)
        }
        let routes: Condition
        if status["latestReadyRevisionName"] != nil {
            routes = Condition(type: "RoutesReady", status: .isTrue)
        } else {
            let waits = configurations.status == .isUnknown
            routes = Condition(
                type: "RoutesReady", status: waits ? .isUnknown : .isFalse, reason: "RevisionMissing",
                message: waits
                    ? "Configuration \"\(service.name)\" is waiting for a Revision to become ready."
                    : "Configuration \"\(service.name)\" does not have any ready Revision.")
        }
        var ready =
            [configurations, routes].first { $0.status == .isFalse }
            ?? [configurations, routes].first { $0.status == .isUnknown } ?? routes
        ready.type = "Ready"
        for condition in [configurations, ready, routes] { status.setCondition(condition, now: now) }
    }
}
