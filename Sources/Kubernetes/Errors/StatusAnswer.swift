// SPDX-License-Identifier: Apache-2.0

internal import Manifests
internal import Transport

/// A `Status` object as the API server sends it (API conventions, "Response Status Kind"), unjudged.
///
/// `message` and the causes' messages may hold values of objects, Secrets included: they are read here to classify,
/// and leave this module only through `StatusMessages`.
struct StatusAnswer {
    struct Cause {
        var field: String
        var reason: String
        var message: String
    }

    var code: Int
    var reason: String
    var message: String
    var kind: String
    var name: String
    var retryAfterSeconds: Int64?
    var causes: [Cause]

    private static let maximumCauses = 100

    /// Nil when the value is no `Status`.
    init?(_ value: Value) {
        guard let object = value.object, object.kind == "Status", object.apiVersion == "v1" else { return nil }
        code = Int(object["code"]?.integer ?? 0)
        reason = object["reason"]?.string ?? ""
        message = object["message"]?.string ?? ""
        let details = object["details"]?.object ?? Object()
        kind = details["kind"]?.string ?? ""
        name = details["name"]?.string ?? ""
        retryAfterSeconds = details["retryAfterSeconds"]?.integer
        causes = (details["causes"]?.array ?? []).prefix(Self.maximumCauses).map { cause in
            Cause(
                field: cause["field"]?.string ?? "", reason: cause["reason"]?.string ?? "",
                message: cause["message"]?.string ?? "")
        }
    }

    init?(_ response: HTTPResponse) {
        guard let value = try? JSON.parse(response.body) else { return nil }
        self.init(value)
    }

    func hasCause(_ reason: String) -> Bool { causes.contains { $0.reason == reason } }
}
