// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Knative Routes: which revisions have the traffic, and the Service that leads to the one with the most of it
/// (knative.dev/serving, pkg/reconciler/route). There is no ingress: shares are told, not enforced.
package struct KnativeRouteController: SandboxController {
    package let name = "route-controller"
    package let manager = "controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .knativeRoute: [object.objectID]
        case .knativeConfiguration:
            [GroupKind.knativeRoute.named(object.name, in: object.namespace)]
        case .knativeRevision:
            object.labels[Knative.configurationLabel]?.string.map {
                [GroupKind.knativeRoute.named($0, in: object.namespace)]
            } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var route = cluster.object(key), !route.isTerminating else { return result }
        var status = route["status"]?.object ?? Object()
        status["observedGeneration"] = route.generation.map(Value.integer)
        let host = "\(route.name).\(route.namespace)"
        status["url"] = .string("http://\(host).example.com")
        status["address"] = ["url": .string("http://\(host).svc.cluster.local")]
        var assigned = Condition(type: "AllTrafficAssigned", status: .isTrue)
        var traffic: [Object] = []
        for target in route.list(at: "spec", "traffic") {
            let (revision, problem) = resolve(target, of: route, in: cluster)
            if let problem { assigned = problem }
            guard let revision else { continue }
            var entry = target
            entry["configurationName"] = nil
            entry["latestRevision"] = .bool(target["revisionName"] == nil)
            entry["revisionName"] = .string(revision)
            traffic.append(entry)
        }
        if assigned.status == .isTrue {
            status["traffic"] = .array(traffic.map(Value.object))
            let first = traffic.max { ($0.int(at: "percent") ?? 0) < ($1.int(at: "percent") ?? 0) }
            if let name = first?["revisionName"]?.string { expose(name, of: route, in: cluster, result: &result) }
            label(traffic, of: route, in: cluster, result: &result)
        }
        var ingress = Condition(type: "IngressReady", status: .isTrue)
        if status["traffic"] == nil { ingress.status = .isUnknown }
        status.setKnativeConditions(
            [
                Condition(
                    type: "CertificateProvisioned", status: .isTrue, reason: "TLSNotEnabled",
                    message: "autoTLS is not enabled"), ingress, assigned,
            ], now: now)
        result.writeStatus(status, of: &route)
        return result
    }

    /// The revision that a share of the traffic goes to.
    private func resolve(
        _ target: Object, of route: Object, in cluster: any ClusterReader
    ) -> (String?, Condition?) {
        func problem(_ status: Condition.Status, _ message: String) -> Condition {
            Condition(type: "AllTrafficAssigned", status: status, reason: "RevisionMissing", message: message)
        }
        if let name = target["revisionName"]?.string {
            let revision = cluster.object(GroupKind.knativeRevision.named(name, in: route.namespace))
            if revision?["status"]?.object?.holds("Ready") == true { return (name, nil) }
            let message =
                revision == nil
                ? "Revision \"\(name)\" referenced in traffic not found."
                : "Revision \"\(name)\" is not yet ready."
            return (nil, problem(revision == nil ? .isFalse : .isUnknown, message))
        }
        let name = target["configurationName"]?.string ?? route.name
        guard let configuration = cluster.object(GroupKind.knativeConfiguration.named(name, in: route.namespace)) else {
            return (nil, problem(.isFalse, "Configuration \"\(name)\" referenced in traffic not found."))
        }
        if let ready = configuration.string(at: "status", "latestReadyRevisionName") { return (ready, nil) }
        let hasFailed = configuration["status"]?.object?.condition("Ready")?["status"] == "False"
        return (
            nil,
            hasFailed
                ? problem(.isFalse, "Configuration \"\(name)\" does not have any ready Revision.")
                : problem(.isUnknown, "Configuration \"\(name)\" is waiting for a Revision to become ready.")
        )
    }

    /// The Service of the same name leads to the pods of one revision.
    private func expose(
        _ name: String, of route: Object, in cluster: any ClusterReader, result: inout ControllerResult
    ) {
        let selector: Value = [Knative.revisionLabel: .string(name)]
        let id = GroupKind.service.named(route.name, in: route.namespace)
        if var current = cluster.object(id) {
            guard current.controllerReference?["uid"]?.string == route.uid,
                current.value(at: "spec", "selector") != selector
            else { return }
            current.set(selector, at: "spec", "selector")
            return result.update(current)
        }
        let deployment = cluster.object(GroupKind.deployment.named("\(name)-deployment", in: route.namespace))
        let containers = deployment?.list(at: "spec", "template", "spec", "containers") ?? []
        let port = containers.lazy.compactMap { $0.list(at: "ports").first?["containerPort"] }.first ?? 8080
        var labels = route.labels
        labels["serving.knative.dev/route"] = .string(route.name)
        result.changes.append(
            .create([
                "apiVersion": "v1", "kind": "Service",
                "metadata": [
                    "name": .string(route.name), "namespace": .string(route.namespace), "labels": .object(labels),
                    "ownerReferences": [route.asController],
                ],
                "spec": ["selector": selector, "ports": [["name": "http", "port": 80, "targetPort": port]]],
            ]))
        result.event(route, "Created", "Created placeholder service \"\(route.name)\"")
    }

    /// Revisions know whether traffic goes to them; the latest keeps its pods until it is ready.
    private func label(
        _ traffic: [Object], of route: Object, in cluster: any ClusterReader, result: inout ControllerResult
    ) {
        let active = Set(traffic.compactMap { $0["revisionName"]?.string })
        let configuration = cluster.object(GroupKind.knativeConfiguration.named(route.name, in: route.namespace))
        guard let configuration else { return }
        let latest = configuration.generation ?? 0
        for var revision in cluster.controlled(by: configuration, kind: .knativeRevision) {
            let isLatest = KnativeConfigurationController.generation(revision) >= latest
            let state = active.contains(revision.name) ? "active" : isLatest ? "pending" : "reserve"
            guard revision.labels[Knative.routingLabel]?.string != state else { continue }
            revision.set(.string(state), at: "metadata", "labels", Knative.routingLabel)
            result.update(revision)
        }
    }
}
