// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// Takes the values of an application's Secrets out of the messages of conditions that may be quoted (`QuotedConditions`). Where
/// one of the Secrets cannot be read, no message is left to be quoted. The Secrets are read again only where the object changed.
package actor ConditionRedaction {
    private let secrets: ApplicationSecrets
    private let cluster: any Cluster
    /// What was looked at last, as it may be quoted.
    private var known: [ObjectID: Object] = [:]

    /// - Parameter secrets: those of the application whose objects are quoted.
    package init(_ secrets: ApplicationSecrets, cluster: any Cluster) {
        self.secrets = secrets
        self.cluster = cluster
    }

    package func redacted(_ object: Object?) async -> Object? {
        guard let object, QuotedConditions.mayQuote(object.objectID),
            let conditions = object.value(at: "status", "conditions")?.array,
            conditions.contains(where: { $0["message"]?.string?.isEmpty == false && $0["status"] != "True" })
        else { return object }
        let id = object.objectID
        if let known = known[id], !known.resourceVersion.isEmpty, known.resourceVersion == object.resourceVersion {
            return known
        }
        let redaction = await redaction()
        var changed = object
        let clean = conditions.map { condition -> Value in
            guard var fields = condition.object, let message = fields["message"]?.string else { return condition }
            fields["message"] = redaction.flatMap { $0.redact([message]).first }.map(Value.string)
            return .object(fields)
        }
        changed.set(.array(clean), at: "status", "conditions")
        known[id] = changed
        return changed
    }

    private func redaction() async -> LogRedaction? {
        do throws(ClusterFailure) {
            return LogRedaction(secrets: try await secrets.live(in: cluster))
        } catch {
            return nil
        }
    }
}
