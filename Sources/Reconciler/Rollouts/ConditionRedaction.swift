// SPDX-License-Identifier: Apache-2.0

package import Manifests
import Planning

/// Takes the values of an application's Secrets out of the messages of conditions that may be quoted (`QuotedConditions`),
/// whatever the conditions say. Where one of the Secrets cannot be read, no message is left.
///
/// The Secrets are read again where an object changed, once for all that are looked at together.
package actor ConditionRedaction {
    private let secrets: ApplicationSecrets
    private let cluster: any Cluster
    /// Of what was looked at last: at which version, and its conditions without the values.
    private var known: [ObjectID: (version: String, conditions: Value)] = [:]
    private var failedAt: Timestamp?

    /// So long no Secret is asked for again where one could not be read.
    private static let pause = Duration.seconds(10)

    /// - Parameter secrets: those of the application whose objects are quoted.
    package init(_ secrets: ApplicationSecrets, cluster: any Cluster) {
        self.secrets = secrets
        self.cluster = cluster
    }

    /// One of the Secrets could not be read: messages that were left out are still to come.
    var isOwing: Bool { failedAt != nil }

    /// Whether it is of an application with these Secrets.
    nonisolated func isOf(_ others: ApplicationSecrets) -> Bool { secrets == others }

    package func redacted(_ object: Object, now: Timestamp) async -> Object {
        await redacted([object], now: now).first.flatMap { $0 } ?? object
    }

    package func redacted(_ objects: [Object?], now: Timestamp) async -> [Object?] {
        var redaction: LogRedaction?
        var isAsked = false
        var clean: [Object?] = []
        for object in objects {
            guard let object, QuotedConditions.mayQuote(object.objectID), object.hasMessages else {
                clean.append(object)
                continue
            }
            if let known = known[object.objectID], known.version == object.resourceVersion {
                var copy = object
                copy.set(known.conditions, at: "status", "conditions")
                clean.append(copy)
                continue
            }
            if !isAsked {
                isAsked = true
                redaction = await read(now)
            }
            let copy = QuotedConditions.redacted(object) { message in redaction.map { $0.redact(message) } }
            // What a failed reading left is not what there is to be said.
            if redaction != nil, !object.resourceVersion.isEmpty,
                let conditions = copy.value(at: "status", "conditions")
            {
                known[object.objectID] = (object.resourceVersion, conditions)
            }
            clean.append(copy)
        }
        return clean
    }

    private func read(_ now: Timestamp) async -> LogRedaction? {
        if let failedAt, failedAt <= now, now < failedAt + Self.pause { return nil }
        do throws(ClusterFailure) {
            let found = try await secrets.live(in: cluster)
            failedAt = nil
            return LogRedaction(secrets: found)
        } catch {
            failedAt = now
            return nil
        }
    }
}

extension Object {
    fileprivate var hasMessages: Bool {
        value(at: "status", "conditions")?.array?.contains { $0["message"]?.string?.isEmpty == false } ?? false
    }
}
