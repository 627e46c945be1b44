// SPDX-License-Identifier: Apache-2.0

package import Manifests

/// Whose conditions' messages are quoted: controllers that write them for people, and into which no values of Secrets go
/// but by what they quote themselves. That is left out, and so is the password of an address.
package enum QuotedConditions {
    private static let groups: Set = [
        "serving.knative.dev", "cert-manager.io", "acme.cert-manager.io", "external-secrets.io", "bitnami.com",
    ]

    package static func mayQuote(_ id: ObjectID) -> Bool { groups.contains(id.group) }

    /// The object with its conditions' messages as `redact` leaves them; where that is nil, without.
    ///
    /// Which image a message says cannot be pulled is read before, and stays readable in words of our own: it decides how
    /// long is waited, whatever stands in Secrets, and whether they can be read.
    package static func redacted(_ object: Object, by redact: (String) -> String?) -> Object {
        guard mayQuote(object.objectID), let conditions = object.value(at: "status", "conditions")?.array else {
            return object
        }
        let clean = conditions.map { condition -> Value in
            guard var fields = condition.object, let message = fields["message"]?.string, !message.isEmpty else {
                return condition
            }
            var told = redact(message)
            if let image = HealthRules.imageNotPulled(message, object),
                HealthRules.imageNotPulled(told ?? "", object) != image
            {
                told = "\(told.map { "\($0); " } ?? "")Unable to fetch image \(image)"
            }
            fields["message"] = told.map(Value.string)
            return .object(fields)
        }
        var changed = object
        changed.set(.array(clean), at: "status", "conditions")
        return changed
    }

    /// One line of at most 300 characters; empty where nothing may be quoted.
    static func quote(_ message: String, by group: String) -> String {
        guard groups.contains(group) else { return "" }
        guard let failed = message.firstRange(of: containerFailed) else { return SafeText.quote(message) }
        let before = message[..<failed.lowerBound]
        guard let code = containerExit(message) else {
            return SafeText.quote("\(before)Container failed (what it wrote last is not repeated here)")
        }
        return SafeText.quote("\(before)Container failed with: exit code \(code)")
    }

    private static let containerFailed = "Container failed with"

    /// With what a container of a revision ended, where Knative says that: with a termination message, that stands in its
    /// place, and may be what the container wrote last (knative.dev/serving, RevisionContainerExitingMessage).
    static func containerExit(_ message: String) -> Int64? {
        guard let failed = message.firstRange(of: containerFailed) else { return nil }
        let found = message[failed.upperBound...].prefixMatch(of: /: exit code (\d{1,3})\b/)
        return found.flatMap { Int64($0.1) }
    }
}
