// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Knative Configurations: a Revision for each template (knative.dev/serving, pkg/reconciler/configuration).
package struct KnativeConfigurationController: SandboxController {
    package let name = "configuration-controller"
    package let manager = "controller"

    package init() {}

    package func keys(affectedBy object: Object, in cluster: any ClusterReader) -> [ObjectID] {
        switch object.groupKind {
        case .knativeConfiguration: [object.objectID]
        case .knativeRevision: object.controllerKey(of: .knativeConfiguration).map { [$0] } ?? []
        default: []
        }
    }

    package func reconcile(
        _ key: ObjectID, in cluster: any ClusterReader, now: Timestamp, random: inout any RandomNumberGenerator
    ) -> ControllerResult {
        var result = ControllerResult()
        guard var configuration = cluster.object(key), !configuration.isTerminating else { return result }
        let revisions = cluster.controlled(by: configuration, kind: .knativeRevision)
        let generation = configuration.generation ?? 1
        var status = configuration["status"]?.object ?? Object()
        status["observedGeneration"] = .integer(generation)
        guard let latest = revisions.first(where: { Self.generation($0) == generation }) else {
            let name = Self.revisionName(configuration, generation)
            if cluster.object(GroupKind.knativeRevision.named(name, in: key.namespace)) != nil {
                let message = "revisions.serving.knative.dev \"\(name)\" already exists"
                status.setCondition(
                    Condition(
                        type: "Ready", status: .isFalse, reason: "RevisionFailed",
                        message: "Revision creation failed with message: \(message)."), now: now)
                result.writeStatus(status, of: &configuration)
                return result
            }
            result.changes.append(.create(Self.revision(name, of: configuration, generation)))
            result.event(configuration, "Created", "Created Revision \"\(name)\"")
            return result
        }
        status["latestCreatedRevisionName"] = .string(latest.name)
        let ready = latest.readyCondition(as: "Ready")
        switch ready.status {
        case .isTrue:
            if !status.holds("Ready") {
                result.event(configuration, "ConfigurationReady", "Configuration becomes ready")
            }
            status.setCondition(Condition(type: "Ready", status: .isTrue), now: now)
        case .isFalse:
            status.setCondition(
                Condition(
                    type: "Ready", status: .isFalse, reason: "RevisionFailed",
                    message: "Revision \"\(latest.name)\" failed with message: \(ready.message)."), now: now)
        case .isUnknown: status.setCondition(Condition(type: "Ready", status: .isUnknown), now: now)
        }
        let newest = revisions.filter { $0["status"]?.object?.holds("Ready") == true }
            .max { Self.generation($0) < Self.generation($1) }
        let known = status["latestReadyRevisionName"]?.string
        let knownGeneration = revisions.first { $0.name == known }.map(Self.generation) ?? 0
        if let newest, newest.name != known, Self.generation(newest) > knownGeneration {
            status["latestReadyRevisionName"] = .string(newest.name)
            result.event(
                configuration, "LatestReadyUpdate", "LatestReadyRevisionName updated to \"\(newest.name)\"")
        }
        result.writeStatus(status, of: &configuration)
        return result
    }

    static func generation(_ revision: Object) -> Int64 {
        revision.labels[Knative.generationLabel]?.string.flatMap { Int64($0) } ?? 0
    }

    /// The template's own name, or the configuration's with the number of its generation.
    private static func revisionName(_ configuration: Object, _ generation: Int64) -> String {
        if let name = configuration.string(at: "spec", "template", "metadata", "name") { return name }
        let digits = String(generation)
        return "\(configuration.name)-" + String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }

    private static func revision(_ name: String, of configuration: Object, _ generation: Int64) -> Object {
        let template = configuration.value(at: "spec", "template")?.object ?? Object()
        var labels = (template["metadata"]?["labels"]?.object ?? Object()).pairs.map { ($0.key, $0.value.string ?? "") }
        labels += Knative.labels(of: configuration, Knative.configurationLabel)
        labels += [(Knative.generationLabel, String(generation)), (Knative.routingLabel, "pending")]
        return Knative.object(
            .knativeRevision, name, owner: configuration, labels: labels,
            annotations: template["metadata"]?["annotations"]?.object ?? Object(), spec: template["spec"] ?? [:])
    }
}
