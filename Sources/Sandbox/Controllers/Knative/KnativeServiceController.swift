// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Knative Services (`serving.knative.dev/v1`), once their definition is there: a Configuration and a Route of the
/// same name, and of their conditions its own (knative.dev/serving, pkg/reconciler/service).
package struct KnativeServiceController: SandboxController {
    package let name = "service-controller"
    package let manager = "controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .knativeService: [object.objectID]
        case .knativeConfiguration, .knativeRoute: object.controllerKey(of: .knativeService).map { [$0] } ?? []
        case .customResourceDefinition where object.string(at: "spec", "group") == Knative.group:
            cluster.objects(.knativeService, namespace: nil).map(\.objectID)
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var service = cluster.object(key), !service.isTerminating else { return result }
        let missing = Knative.missingDefinitions(in: cluster)
        guard missing.isEmpty, Knative.isInstalled(in: cluster) else {
            for definition in missing { result.changes.append(.create(definition)) }
            return result
        }
        let configuration = configuration(of: service, in: cluster, result: &result)
        let takenName = Self.takenName(configuration, in: cluster)
        let route = takenName == nil ? route(of: service, in: cluster, result: &result) : nil
        var status = service["status"]?.object ?? Object()
        status["observedGeneration"] = service.generation.map(Value.integer)
        for field in ["latestCreatedRevisionName", "latestReadyRevisionName"] {
            status[field] = configuration?.value(at: "status", field)
        }
        for field in ["url", "address", "traffic"] {
            if let value = route?.value(at: "status", field) { status[field] = value }
        }
        var routes = route?.readyCondition(as: "RoutesReady") ?? Condition(type: "RoutesReady", status: .isUnknown)
        if routes.status == .isTrue, let route, !Self.hasMigrated(route, configuration) {
            routes = Condition(
                type: "RoutesReady", status: .isUnknown, reason: "TrafficNotMigrated",
                message: "Traffic is not yet migrated to the latest revision.")
        }
        if let takenName {
            routes = Condition(
                type: "RoutesReady", status: .isFalse, reason: "RevisionNameTaken",
                message:
                    "The revision name \"\(takenName)\" is taken by a conflicting Revision, so traffic will not be "
                    + "migrated")
        }
        status.setKnativeConditions(
            [
                configuration?.readyCondition(as: "ConfigurationsReady")
                    ?? Condition(type: "ConfigurationsReady", status: .isUnknown), routes,
            ], now: now)
        result.writeStatus(status, of: &service)
        return result
    }

    /// Something else is asked of it now: what its conditions say is of before.
    private static func outdated(_ object: Object) -> Object {
        var object = object
        var status = object["status"]?.object ?? Object()
        status["observedGeneration"] = nil
        object["status"] = .object(status)
        return object
    }

    private func configuration(
        of service: Object, in cluster: any ClusterReader, result: inout ControllerResult
    ) -> Object? {
        let spec: Value = ["template": service.value(at: "spec", "template") ?? [:]]
        let wanted = Knative.object(
            .knativeConfiguration, service.name, owner: service,
            labels: Knative.labels(of: service, Knative.serviceLabel),
            spec: spec)
        guard var current = cluster.object(wanted.objectID) else {
            result.changes.append(.create(wanted))
            result.event(service, "Created", "Created Configuration \"\(service.name)\"")
            return nil
        }
        guard current.value(at: "spec", "template") != service.value(at: "spec", "template") else { return current }
        current["spec"] = spec
        result.update(current)
        return Self.outdated(current)
    }

    private func route(of service: Object, in cluster: any ClusterReader, result: inout ControllerResult) -> Object? {
        let traffic: [Value] =
            (service.value(at: "spec", "traffic")?.array ?? [["latestRevision": true, "percent": 100]])
            .map { target in
                var target = target.object ?? Object()
                // What the Service calls its latest revision is, to the Route, the Configuration's.
                if target["revisionName"] == nil { target["configurationName"] = .string(service.name) }
                return .object(target)
            }
        let wanted = Knative.object(
            .knativeRoute, service.name, owner: service, labels: Knative.labels(of: service, Knative.serviceLabel),
            spec: ["traffic": .array(traffic)])
        guard var current = cluster.object(wanted.objectID) else {
            result.changes.append(.create(wanted))
            result.event(service, "Created", "Created Route \"\(service.name)\"")
            return nil
        }
        guard current["spec"] != wanted["spec"] else { return current }
        current["spec"] = wanted["spec"]
        result.update(current)
        return Self.outdated(current)
    }

    /// Whether what is to follow the latest ready revision does.
    private static func hasMigrated(_ route: Object, _ configuration: Object?) -> Bool {
        let latest = configuration?.value(at: "status", "latestReadyRevisionName")
        return route.list(at: "status", "traffic").allSatisfy {
            $0["latestRevision"] != true || $0["revisionName"] == latest
        }
    }

    /// The name that the template gives its revision, where another template has it.
    private static func takenName(_ configuration: Object?, in cluster: any ClusterReader) -> String? {
        guard let configuration, let name = configuration.string(at: "spec", "template", "metadata", "name"),
            let revision = cluster.object(GroupKind.knativeRevision.named(name, in: configuration.namespace))
        else { return nil }
        let isOwn = revision.controllerReference?["uid"]?.string == configuration.uid
        return isOwn && KnativeConfigurationController.generation(revision) == configuration.generation ? nil : name
    }
}
