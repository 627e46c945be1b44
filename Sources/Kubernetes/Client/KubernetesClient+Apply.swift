// SPDX-License-Identifier: Apache-2.0

package import Manifests
internal import Transport

/// What an apply left behind.
package struct AppliedObject: Sendable {
    /// The whole object as the server has it now, `managedFields` included.
    package var object: Object
    package var created: Bool
    /// The texts of the answer's `Warning` headers.
    package var warnings: [String]

    package init(object: Object, created: Bool, warnings: [String] = []) {
        self.object = object
        self.created = created
        self.warnings = warnings
    }
}

extension KubernetesClient {
    /// Server-side apply (KEP-555). `managedFields` are never sent.
    ///
    /// A conflict's `causes` name the other managers. A refused manifest is `invalid` whatever status it came with.
    package func apply(
        _ object: Object, fieldManager: String, force: Bool, dryRun: Bool
    ) async throws(KubernetesError) -> AppliedObject {
        let subject = "\(dryRun ? "dry-run apply" : "apply") \(object.objectID)"
        let resource = try await served(object.groupVersionKind, subject: subject)
        let path = try RequestBuilder.path(
            resource, namespace: object.namespace, name: object.name, subject: subject)
        let request = builder.apply(object, path: path, fieldManager: fieldManager, force: force, dryRun: dryRun)
        return try await write(request, subject: subject)
    }

    func write(_ request: HTTPRequest, subject: String) async throws(KubernetesError) -> AppliedObject {
        let response = try await performNoticing(request, subject: subject)
        return AppliedObject(
            object: try object(response, subject: subject), created: response.status == 201,
            warnings: WarningHeader.texts(response.headers))
    }

    /// Sends; a kind that is no longer served makes discovery look again.
    func performNoticing(
        _ request: HTTPRequest, subject: String, retries: RetryPolicy = .standard, kind: RequestLimiter.Kind = .short
    ) async throws(KubernetesError) -> HTTPResponse {
        do throws(KubernetesError) {
            return try await perform(request, subject: subject, retries: retries, kind: kind)
        } catch {
            if error.code == .kindNotServed { await discovery.invalidate() }
            throw error
        }
    }
}

/// `Warning: 299 - "text"` (RFC 7234, section 5.5), as the API server writes it.
enum WarningHeader {
    private static let maximumCount = 50
    private static let maximumLength = 512

    static func texts(_ headers: HTTPHeaders) -> [String] {
        headers.values(of: "Warning").flatMap(texts).prefix(maximumCount).map { text in
            StatusMessages.cleaned(text, limit: maximumLength)
        }
    }

    /// Several may share a line; a comma inside quotes is text.
    static func texts(_ line: String) -> [String] {
        var found: [String] = []
        var current = ""
        var isQuoted = false
        var isEscaped = false
        for character in line {
            guard isQuoted else {
                isQuoted = character == "\""
                continue
            }
            if isEscaped {
                current.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                found.append(current)
                current = ""
                isQuoted = false
            } else {
                current.append(character)
            }
        }
        return found
    }
}
